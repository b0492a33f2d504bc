/** <mien-pair>: two recordings on one time axis; what is done to one chart or picture is done to both. */

import "../chart/chart.js";
import { Timeline } from "../chart/timeline.js";
import { getJob, getResult, getVideo } from "../common/api.js";
import { h } from "../common/dom.js";
import { moment } from "../common/format.js";
import { t } from "../common/text.js";
import "../report/player.js";
import { figures } from "./figures.js";

const LETTERS = ["A", "B"];

export class MienPair extends HTMLElement {
  /** Rejects with a Problem where one of them has no result. @param {string[]} ids of two jobs */
  async load(ids) {
    this.sides = await Promise.all(ids.map(sideOf));
  }

  /** Draw; the element is on the page. */
  begin() {
    document.title = t("title.report", { name: t("pair.title") });
    this.durationS = Math.max(...this.sides.map(({ result }) => result.video.duration_s));
    this.together = h("button", { type: "button", class: "button strong", click: () => this.#playBoth() }, t("pair.play"));
    this.replaceChildren(
      h("header", { class: "heading" }, h("h1", null, t("pair.title")), h("p", { class: "notice", role: "note" }, h("b", null, t("notice")), ` ${t("notice.more")}`)),
      h("div", { class: "halves" }, ...this.sides.map((side, i) => this.#head(side, i))),
      h("p", { class: "buttons" }, this.together),
      h("section", { class: "card" }, h("h2", null, t("pair.time")), ...this.sides.map((side, i) => h("section", { class: "lane", "aria-label": `${LETTERS[i]}: ${side.name}` }, h("h3", null, `${LETTERS[i]} · ${side.name}`), side.chart))),
      h("section", { class: "card" }, h("h2", null, t("pair.figures")), figures(this.sides.map(({ result }) => result), LETTERS)),
    );
    this.sides.forEach((side, i) => this.#fill(side, this.sides[1 - i]));
  }

  #head({ job, name, player }, i) {
    const about = [moment(job.created_at), job.reference, job.metadata.question].filter(Boolean).join(" · ");
    return h("section", { class: "card watch" }, h("h2", null, `${LETTERS[i]} · `, h("a", { href: `/jobs/${job.id}` }, name)), h("p", { class: "muted small" }, about), player);
  }

  #fill(side, other) {
    const { job, result, video, player, chart, timeline } = side;
    player.show({ job, result, video, onTime: (seconds, playing) => chart.play(seconds, playing) });
    chart.show({
      durationS: this.durationS,
      moments: result.moments,
      timeline,
      onPick: (seconds) => [side, other].forEach((one) => one.player.seek(Math.min(seconds, one.result.video.duration_s))),
      onView: (view) => other.chart.view && differs(view, other.chart.view) && other.chart.zoom(...view),
    });
    player.use(timeline);
    timeline.onGrow = () => chart.fill(timeline.times.length / result.coverage.samples);
    timeline.load(job.id).catch(() => chart.fail());
  }

  /** From the same time, which is where the first one is. */
  #playBoth() {
    const videos = this.sides.map(({ player }) => player.video);
    const playing = videos.some((video) => !video.paused);
    this.together.textContent = t(playing ? "pair.play" : "pair.pause");
    if (playing) return videos.forEach((video) => video.pause());
    this.sides[1].player.seek(videos[0].currentTime);
    this.sides.forEach(({ player }) => player.play());
  }
}

/** More than rounding: charts of unlike intervals do not come as close as each other. */
const differs = (view, other) => Math.abs(view[0] - other[0]) > 1e-3 && Math.abs(view[1] - other[1]) > 1e-3;

async function sideOf(id) {
  const [job, result] = await Promise.all([getJob(id), getResult(id)]);
  const video = await getVideo(job.video_id).catch(() => null);
  return {
    job,
    result,
    video: video?.state === "stored" ? video : null,
    name: job.video_name ?? job.reference ?? t("title.unnamed"),
    player: document.createElement("mien-player"),
    chart: document.createElement("mien-chart"),
    timeline: new Timeline(job.options.interval_s),
  };
}

customElements.define("mien-pair", MienPair);
