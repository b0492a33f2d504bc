/** <mien-joblist>: the newest jobs with state and progress, kept up to date. */

import { getVideo, isOver, listJobs } from "../common/api.js";
import { h } from "../common/dom.js";
import { moment, percent } from "../common/format.js";
import { t } from "../common/text.js";

const BUSY_MS = 1500;
const IDLE_MS = 10_000;
const PAGE = 20;

export class MienJoblist extends HTMLElement {
  #names = new Map();
  #rows = new Map();
  #limit = PAGE;
  #timer = 0;

  /** Draw the list and keep it fresh. Rejects with a Problem when the first look fails. */
  async show() {
    this.list = h("ul", { class: "jobs" });
    this.more = h("button", { type: "button", class: "button plain", hidden: true, click: () => this.#grow() }, t("home.more"));
    this.empty = h("p", { class: "muted empty", hidden: true }, t("home.empty"));
    this.replaceChildren(h("h2", null, t("home.recent")), this.empty, this.list, this.more);
    await this.refresh();
    document.addEventListener("visibilitychange", () => !document.hidden && this.refresh().catch(() => {}));
  }

  /** A name that we know without asking. @param {string} videoId @param {string} name */
  know(videoId, name) {
    this.#names.set(videoId, Promise.resolve(name));
  }

  async refresh() {
    clearTimeout(this.#timer);
    try {
      const { items, next_cursor: next } = await listJobs(this.#limit);
      this.list.replaceChildren(...items.map((job) => this.#row(job)));
      this.empty.hidden = items.length > 0;
      this.more.hidden = next === null;
      this.#later(items.every(isOver) ? IDLE_MS : BUSY_MS);
    } catch (problem) {
      this.#later(IDLE_MS);
      throw problem;
    }
  }

  #later(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (document.hidden ? this.#later(IDLE_MS) : this.refresh().catch(() => {})), ms);
  }

  #grow() {
    this.#limit = Math.min(this.#limit + PAGE, 200);
    this.refresh().catch(() => {});
  }

  #row(job) {
    const row = this.#rows.get(job.id) ?? this.#newRow(job);
    const { percent: share, samples_total: total } = job.progress;
    row.state.className = `badge ${job.state}`;
    row.state.textContent = t(`state.${job.state}`) + (job.state === "running" && total ? ` ${percent(share / 100)}` : "");
    row.why.textContent = job.error ? ` · ${job.error.code}` : "";
    row.bar.hidden = isOver(job);
    if (total) row.bar.value = share;
    return row.item;
  }

  #newRow(job) {
    const name = h("b", { class: "job-name" }, job.reference ?? t("title.unnamed"));
    const row = { state: h("span"), why: h("span"), bar: h("progress", { max: 100, "aria-hidden": "true" }) };
    const words = h("span", { class: "job-words" }, name, h("span", { class: "muted small" }, moment(job.created_at), row.why));
    row.item = h("li", null, h("a", { class: "job", href: `/jobs/${job.id}` }, words, row.state, row.bar));
    this.#rows.set(job.id, row);
    this.#name(job.video_id).then((known) => known && (name.textContent = known));
    return row;
  }

  #name(videoId) {
    if (!this.#names.has(videoId)) this.#names.set(videoId, getVideo(videoId).then((video) => video.name, () => ""));
    return this.#names.get(videoId);
  }
}

customElements.define("mien-joblist", MienJoblist);
