/** The home page: send a recording, and find the reports of earlier ones. */

import "./joblist.js";
import { translatePage } from "./text.js";
import { troubleOf } from "./trouble.js";
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

translatePage();
open().catch((problem) => {
  if (problem.status === undefined) console.error(problem);
  main.replaceChildren(troubleOf(problem));
});
