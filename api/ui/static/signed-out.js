/** The page behind a sign-in link that was used or has expired. */

import { translatePage } from "./text.js";

translatePage();
