/** The home page: send or record, and find the reports of earlier ones. */

import "../send/about.js";
import "./joblist.js";
import { h } from "../common/dom.js";
import { currentSession, enter } from "../common/shell.js";
import { speak, t } from "../common/text.js";
import { troubleOf } from "../common/trouble.js";
import { entries } from "../send/kept.js";
import "../record/recorder.js";
import "../send/upload.js";

const WRITERS = ["jobs:write", "admin"]; // an admin may do everything
const main = document.querySelector("main");
const part = (name) => main.querySelector(`mien-${name}`);
let opening = null;

async function open() {
  const asked = currentSession();
  enter(asked);
  const [session] = await Promise.all([asked, part("joblist").show()]);
  if (WRITERS.some((scope) => session.scopes.includes(scope))) await offer(session);
  else main.querySelector(".begin").replaceChildren(h("p", { class: "muted" }, t("home.readonly")));
  main.setAttribute("aria-busy", "false");
}

async function offer(session) {
  part("about").show();
  part("upload").show({ onTaken: async (taken) => (await sending(session)).take(taken) });
  part("record").show({ sending: () => sending(session), fields: () => part("about").fields() });
  if ((await entries()).length) sending(session);
}

/** What is being sent; loaded when there is something. */
function sending({ workspace_id: workspace }) {
  opening ??= import("../send/sendlist.js").then(async () => {
    await part("sending").show({ workspace, fields: () => part("about").fields(), onSubmitted });
    return part("sending");
  });
  return opening;
}

function onSubmitted() {
  part("joblist").refresh().catch(() => {});
}

await speak("home", "send", "record");
open().catch((problem) => {
  if (problem.status === undefined) console.error(problem);
  main.replaceChildren(troubleOf(problem));
});
