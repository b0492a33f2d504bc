/** <mien-player>: the recording itself, with what was seen drawn over it; stills where it cannot be played yet. */

import { ask, local, post } from "../common/api.js";
import { h } from "../common/dom.js";
import { clock, percent } from "../common/format.js";
import { t } from "../common/text.js";
import { Overlay } from "./overlay.js";

const LOOK_MS = 1500;
const DRIFT_S = 2; // a browser that finds another length than the analysis has not understood the file
const PLAYABLE = "playable";

export class MienPlayer extends HTMLElement {
  #subject = null;
  #wantedS = null;
  #looking = 0;

  /**
   * @param {{job: object, result: object, video: object | null, onTime: (seconds: number, playing: boolean) => void}} subject
   *   video: null once it was deleted
   */
  show(subject) {
    this.#subject = subject;
    const { width, height } = subject.result.video;
    this.video = h("video", { controls: true, playsinline: true, preload: "metadata", "aria-label": t("player.label") });
    this.overlay = new Overlay(this.video, subject.result.video);
    this.still = h("img", { class: "player-still", alt: "", hidden: true });
    this.note = h("p", { class: "player-note", role: "status" });
    this.bar = h("progress", { max: 100, hidden: true, "aria-label": t("player.making.label") });
    this.boxes = h("input", { type: "checkbox", checked: true, change: () => this.overlay.show(this.boxes.checked) });
    this.stage = h("div", { class: `stage ${height > width ? "upright" : ""}` }, this.video, this.overlay.canvas, this.still, h("div", { class: "player-wait" }, this.note, this.bar));
    this.replaceChildren(this.stage, h("label", { class: "player-boxes small muted" }, this.boxes, t("player.boxes")));
    this.#listen();
    if (subject.video) this.#try(local(`/v1/videos/${subject.job.video_id}/content`), () => this.#askForPlayable());
    else this.#wait(t("player.gone"));
  }

  /** What to draw over the picture. @param {import("../chart/timeline.js").Timeline} timeline */
  use(timeline) {
    this.overlay.use(timeline);
  }

  get ready() {
    return this.stage.classList.contains("ready");
  }

  /** Go to a time; while there is nothing to play, show the picture of the moment next to it. @param {number} seconds */
  seek(seconds) {
    this.#wantedS = seconds;
    if (this.ready) this.video.currentTime = seconds;
    else this.#showStill(seconds);
    this.#subject.onTime(seconds, false);
  }

  play() {
    if (this.ready) this.video.play().catch(() => {}); // the browser may want a click first
  }

  #listen() {
    const tell = () => this.#subject.onTime(this.video.currentTime, !this.video.paused);
    for (const event of ["timeupdate", "seeked", "pause"]) this.video.addEventListener(event, tell);
    this.video.addEventListener("play", () => this.#everyFrame(tell));
  }

  #everyFrame(tell) {
    if (this.video.paused || this.video.ended) return;
    tell();
    requestAnimationFrame(() => this.#everyFrame(tell));
  }

  /** Play what is at an address, if this browser can play it and seek in it. */
  #try(address, otherwise) {
    const attempt = new AbortController();
    const end = (act) => () => {
      attempt.abort();
      act();
    };
    const judge = () => (this.#isWhole() ? this.#begin() : otherwise());
    this.video.addEventListener("loadedmetadata", end(judge), { signal: attempt.signal });
    this.video.addEventListener("error", end(otherwise), { signal: attempt.signal });
    this.video.src = address;
  }

  #isWhole() {
    const { duration, seekable, videoWidth } = this.video;
    const known = this.#subject.result.video.duration_s;
    return videoWidth > 0 && seekable.length > 0 && Math.abs(duration - known) <= DRIFT_S + 0.02 * known; // false also for NaN and Infinity
  }

  #begin() {
    this.stage.classList.add("ready");
    this.still.hidden = true;
    this.bar.hidden = true;
    this.note.textContent = "";
    if (this.#wantedS !== null) this.video.currentTime = this.#wantedS;
    this.overlay.draw();
  }

  async #askForPlayable() {
    this.video.removeAttribute("src");
    this.#wait(t("player.making"));
    this.#showStill(0);
    try {
      await this.#look(await post(`/v1/jobs/${this.#subject.job.id}/artifacts`, { kind: PLAYABLE }));
    } catch (problem) {
      this.#wait(t(problem.code === "media_gone" ? "player.gone" : "player.failed"));
    }
  }

  async #look(artifact) {
    if (!this.isConnected) return;
    if (artifact.state === "ready") return this.#try(local(artifact.links.self), () => this.#wait(t("player.failed")));
    if (artifact.state === "failed") return this.#wait(t("player.failed"));
    this.bar.hidden = false;
    this.bar.value = artifact.percent;
    this.note.textContent = `${t("player.making")} ${percent(artifact.percent / 100)}`;
    await new Promise((resolve) => (this.#looking = setTimeout(resolve, LOOK_MS)));
    const all = await ask(`/v1/jobs/${this.#subject.job.id}/artifacts`);
    await this.#look(all.items.find(({ kind }) => kind === PLAYABLE));
  }

  disconnectedCallback() {
    clearTimeout(this.#looking);
  }

  #wait(words) {
    this.note.textContent = words;
    this.bar.hidden = true;
  }

  #showStill(seconds) {
    const near = nearest(this.#subject.result.moments, seconds);
    if (!near) return;
    this.still.alt = t("player.still", { time: clock(near.start_s) });
    this.still.addEventListener("load", () => (this.still.hidden = this.ready), { once: true });
    this.still.addEventListener("error", () => (this.still.hidden = true), { once: true });
    this.still.src = local(near.thumbnail);
  }
}

function nearest(moments, seconds) {
  const apart = (moment) => Math.max(moment.start_s - seconds, seconds - moment.end_s, 0);
  return moments.filter(({ thumbnail }) => thumbnail).sort((a, b) => apart(a) - apart(b))[0];
}

customElements.define("mien-player", MienPlayer);
