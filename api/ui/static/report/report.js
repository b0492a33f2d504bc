/** The report page: follow the job named in the address, then show its result. */

import "../chart/chart.js";
import { Timeline } from "../chart/timeline.js";
import { getJob, getResult, getVideo, isOver } from "../common/api.js";
import { h } from "../common/dom.js";
import { clock, moment } from "../common/format.js";
import { enter } from "../common/shell.js";
import { speak, t } from "../common/text.js";
import { endOf, troubleOf } from "../common/trouble.js";
import { picture, provenance, recording, tracks, warnings } from "./details.js";
import "./downloads.js";
import "./earlier.js";
import "./expressions.js";
import "./moments.js";
import "./player.js";
import "./progress.js";
import "./score.js";
import "./workon.js";

const FRESH_MS = 30_000; // the pictures of moments follow the result by some seconds

const main = document.querySelector("main");
const id = decodeURIComponent(location.pathname.split("/").at(-1));

async function open(asked) {
  const seen = await asked;
  const job = isOver(seen) ? seen : await follow(seen);
  if (job.state !== "succeeded") return put(endOf(job));
  const timeline = new Timeline(job.options.interval_s);
  const loading = timeline.load(id); // the longest way of all, so it begins first
  loading.catch(() => {}); // the chart tells of it
  const [result, video] = await Promise.all([getResult(id), getVideo(job.video_id).catch(() => null)]);
  const fresh = job !== seen || Date.now() - Date.parse(job.finished_at) < FRESH_MS;
  return showReport({ job, result, video, fresh, timeline, loading });
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

const PARTS = ["score", "workon", "player", "chart", "moments", "expressions", "earlier", "downloads"];

async function showReport({ job, result, video, fresh, timeline, loading }) {
  const name = job.video_name ?? job.reference ?? t("title.unnamed");
  document.title = t("title.report", { name });
  const parts = Object.fromEntries(PARTS.map((part) => [part, document.createElement(`mien-${part}`)]));
  put(
    heading(name, job, result),
    notice(),
    warnings(result.warnings),
    parts.score,
    h("div", { class: "split" }, card(parts.player, "watch"), card(parts.workon)),
    h("section", { class: "card", "aria-labelledby": "chart-title" }, h("h2", { id: "chart-title" }, t("chart.title")), parts.chart),
    h("div", { class: "split" }, card(parts.moments), card(parts.expressions)),
    parts.earlier,
    parts.downloads,
    h("div", { class: "thirds" }, h("div", { class: "stack" }, picture(result.quality), tracks(result.tracks)), recording(result, job, video), provenance(result, job)),
  );
  fill(parts, { job, result, video: video?.state === "stored" ? video : null, fresh, name });
  await draw(parts, { result, timeline, loading });
}

function fill({ score, workon, player, chart, moments, expressions, earlier, downloads }, { job, result, video, fresh, name }) {
  const onSelect = (number) => {
    chart.select(number);
    moments.mark(number);
    show(player, result.moments[number].start_s);
  };
  score.show(result, job.options.interval_s);
  workon.show(result, { onSelect });
  player.show({ job, result, video, onTime: (seconds, playing) => chart.play(seconds, playing) });
  expressions.show(result.emotions);
  moments.show(result, { fresh, onSelect });
  downloads.show(job, name, video !== null).catch(() => {}); // what is there already is a comfort, no more
  earlier.show(job, result).catch(() => {});
}

const card = (child, kind = "") => h("section", { class: `card ${kind}` }, child);

function heading(name, job, result) {
  const about = [clock(result.video.duration_s), moment(job.created_at), t(`purpose.${job.purpose}`), name === job.reference ? null : job.reference, job.metadata.question];
  return h("header", { class: "heading" }, h("h1", null, name), h("p", { class: "muted" }, about.filter(Boolean).join(" · ")));
}

function notice() {
  return h("p", { class: "notice", role: "note" }, h("b", null, t("notice")), ` ${t("notice.more")}`);
}

/** Go there in the recording, where the reader sees it. */
function show(player, seconds) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  player.seek(seconds);
  player.play();
  player.closest("section").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}

/** The summary is on the page already; the lines grow while the timeline arrives. */
async function draw({ chart, player }, { result, timeline, loading }) {
  const onPick = (seconds) => player.seek(seconds);
  chart.show({ durationS: Math.max(result.video.duration_s, timeline.intervalS), moments: result.moments, timeline, onPick });
  player.use(timeline);
  timeline.onGrow = () => chart.fill(timeline.times.length / result.coverage.samples);
  try {
    await loading;
    timeline.onGrow();
  } catch (problem) {
    if (problem.status === undefined) console.error(problem);
    chart.fail();
  }
}

const asked = getJob(id); // while the texts come
asked.catch(() => {}); // `open` tells of it
await speak("chart", "report");
enter();
open(asked).catch((problem) => {
  if (problem.status === undefined) console.error(problem);
  put(troubleOf(problem));
});
