/** <mien-progress>: a job on its way, as the server tells of it, until it is over. */

import { cancelJob, getJob, isOver } from "../common/api.js";
import { h } from "../common/dom.js";
import { number, percent, span } from "../common/format.js";
import { t } from "../common/text.js";

const SLOW_MS = 20_000;

export class MienProgress extends HTMLElement {
  /**
   * Follow a job.
   * @param {object} job
   * @returns {Promise<object>} the job when it is over; rejects with a Problem that waiting cannot mend
   */
  follow(job) {
    this.#build(job.id);
    this.#update(job);
    const slow = setTimeout(() => this.note.dataset.state === "queued" && (this.note.textContent = t("progress.slow")), SLOW_MS);
    const source = new EventSource(`/v1/jobs/${encodeURIComponent(job.id)}/events`);
    const over = new Promise((resolve, reject) => {
      const see = (event) => {
        const now = JSON.parse(event.data);
        if (isOver(now)) resolve(now);
        else this.#update(now);
      };
      source.addEventListener("state", see);
      source.addEventListener("progress", see);
      source.addEventListener("error", () => this.#onCut(source, job.id).then((now) => now && resolve(now), reject));
    });
    return over.finally(() => {
      clearTimeout(slow);
      source.close();
    });
  }

  /** The browser tries again by itself, unless the server refused or had nothing more to tell. */
  async #onCut(source, id) {
    if (source.readyState !== EventSource.CLOSED) {
      this.note.textContent = t("progress.lost");
      return null;
    }
    const now = await getJob(id);
    return isOver(now) ? now : null;
  }

  #build(id) {
    this.bar = h("progress", { max: 100, "aria-labelledby": "progress-state" });
    this.state = h("b", { id: "progress-state", "aria-live": "polite" });
    this.percent = h("span", { class: "progress-percent" });
    this.count = h("p", { class: "muted small progress-count" });
    this.note = h("p", { class: "muted" });
    this.stop = h("button", { type: "button", class: "button plain", click: () => this.#cancel(id) }, t("progress.cancel"));
    this.replaceChildren(
      h("section", { class: "card progress" }, h("h1", null, t("progress.title")), h("div", { class: "progress-line" }, this.state, this.percent), this.bar, this.count, this.note, h("p", { class: "buttons" }, this.stop)),
    );
  }

  #update(job) {
    const { samples_done: done, samples_total: total, percent: share, eta_s: eta } = job.progress;
    this.state.textContent = t(`state.${job.state}`);
    if (total) this.bar.value = share;
    else this.bar.removeAttribute("value"); // not known yet: the bar moves by itself
    this.percent.textContent = total ? percent(share / 100) : "";
    const left = eta ? ` · ${t("progress.eta", { time: span(Math.ceil(eta)) })}` : "";
    this.count.textContent = total ? t("progress.samples", { done: number(done), total: number(total) }) + left : "\u00a0";
    this.note.dataset.state = job.state;
    this.note.textContent = t(job.state === "queued" ? "progress.queued" : "progress.working");
    this.stop.disabled = job.state === "canceling";
  }

  async #cancel(id) {
    this.stop.disabled = true;
    await cancelJob(id).catch(() => {}); // it was over already: the next event tells
  }
}

customElements.define("mien-progress", MienProgress);
