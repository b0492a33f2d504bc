/** The report page: follow the job named in the address, then show its result. */

import { getJob, getResult, getTimeline, getVideo, isOver } from "../common/api.js";
import "../chart/chart.js";
import { downloads, provenance, recording, tracks, warnings } from "./details.js";
import { h } from "../common/dom.js";
import "./expressions.js";
import { clock, moment } from "../common/format.js";
import "./moments.js";
import "./progress.js";
import "./score.js";
import { speak, t } from "../common/text.js";
import { Timeline } from "../chart/timeline.js";
import { endOf, troubleOf } from "../common/trouble.js";

const FRESH_MS = 30_000; // the pictures of moments follow the result by some seconds

const main = document.querySelector("main");
const id = decodeURIComponent(location.pathname.split("/").at(-1));

async function open() {
  const seen = await getJob(id);
  const job = isOver(seen) ? seen : await follow(seen);
  if (job.state !== "succeeded") return put(endOf(job));
  const [result, video] = await Promise.all([getResult(id), getVideo(job.video_id).catch(() => null)]);
  const fresh = job !== seen || Date.now() - Date.parse(job.finished_at) < FRESH_MS;
  return showReport({ job, result, video, fresh });
}

async function follow(job) {
  const progress = document.createElement("mien-progress");
  put(progress);
  return progress.follow(job);
}

function put(...children) {
  main.replaceChildren(...children.filter(Boolean));
  main.setAttribute("aria-busy", "false");
}

async function showReport({ job, result, video, fresh }) {
  const name = video?.name || job.reference || t("title.unnamed");
  document.title = t("title.report", { name });
  const [score, chart, moments, expressions] = ["score", "chart", "moments", "expressions"].map((part) => document.createElement(`mien-${part}`));
  put(
    heading(name, job, result),
    notice(),
    warnings(result.warnings),
    score,
    h("section", { class: "card", "aria-labelledby": "chart-title" }, h("h2", { id: "chart-title" }, t("chart.title")), chart),
    h("div", { class: "split" }, card(moments), card(expressions)),
    h("div", { class: "thirds" }, h("div", { class: "stack" }, tracks(result.tracks), downloads(id, name)), recording(result, job, video), provenance(result, job)),
  );
  score.show(result, job.options.interval_s);
  expressions.show(result.emotions);
  moments.show(result, { fresh, onSelect: (number) => select(chart, moments, number) });
  await draw(chart, job, result);
}

const card = (child) => h("section", { class: "card" }, child);

function heading(name, job, result) {
  const about = [clock(result.video.duration_s), moment(job.created_at), t(`purpose.${job.purpose}`), name === job.reference ? null : job.reference];
  return h("header", { class: "heading" }, h("h1", null, name), h("p", { class: "muted" }, about.filter(Boolean).join(" · ")));
}

function notice() {
  return h("p", { class: "notice", role: "note" }, h("b", null, t("notice")), ` ${t("notice.more")}`);
}

function select(chart, moments, number) {
  chart.select(number);
  moments.mark(number);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  chart.closest("section").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}

/** The summary is on the page already; the lines grow while the pages of the timeline arrive. */
async function draw(chart, job, result) {
  const timeline = new Timeline(job.options.interval_s);
  chart.show({ durationS: Math.max(result.video.duration_s, timeline.intervalS), moments: result.moments, timeline });
  try {
    for await (const samples of getTimeline(id)) {
      timeline.add(samples);
      chart.fill(timeline.times.length / result.coverage.samples);
    }
  } catch {
    chart.fail();
  }
}

await speak("chart", "report");
open().catch((problem) => {
  if (problem.status === undefined) console.error(problem);
  put(troubleOf(problem));
});
