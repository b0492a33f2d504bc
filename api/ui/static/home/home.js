/** The home page: send a recording, and find the reports of earlier ones. */

import "./joblist.js";
import { speak } from "../common/text.js";
import { troubleOf } from "../common/trouble.js";
import "./upload.js";

const main = document.querySelector("main");
const upload = document.querySelector("mien-upload");
const jobs = document.querySelector("mien-joblist");

async function open() {
  await jobs.show();
  upload.show({
    onSubmitted: (job, file) => {
      jobs.know(job.video_id, file.name);
      jobs.refresh().catch(() => {});
    },
  });
  main.setAttribute("aria-busy", "false");
}

await speak("home");
open().catch((problem) => {
  if (problem.status === undefined) console.error(problem);
  main.replaceChildren(troubleOf(problem));
});
