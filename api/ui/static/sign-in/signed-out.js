/** The page behind a sign-in link that was used or has expired. */

import { speak } from "../common/text.js";

await speak();
