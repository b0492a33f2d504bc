/** <mien-progress>: a job on its way, asked about every second until it is over. */

import { cancelJob, getJob, isOver } from "../common/api.js";
import { h } from "../common/dom.js";
import { number, percent, span } from "../common/format.js";
import { t } from "../common/text.js";

const EVERY_MS = 1000;
const SLOW_MS = 20_000;

export class MienProgress extends HTMLElement {
  /**
   * Follow a job.
   * @param {object} job
   * @returns {Promise<object>} the job when it is over; rejects with a Problem that waiting cannot mend
   */
  async follow(job) {
    this.#build(job.id);
    const begun = Date.now();
    let now = job;
    while (!isOver(now)) {
      this.#update(now, Date.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      now = await this.#look(now);
    }
    return now;
  }

  async #look(job) {
    try {
      return await getJob(job.id);
    } catch (problem) {
      if (problem.status && problem.status < 500) throw problem;
      this.note.textContent = t("progress.lost");
      return job;
    }
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

  #update(job, waitedMs) {
    const { samples_done: done, samples_total: total, percent: share, eta_s: eta } = job.progress;
    this.state.textContent = t(`state.${job.state}`);
    if (total) this.bar.value = share;
    else this.bar.removeAttribute("value"); // not known yet: the bar moves by itself
    this.percent.textContent = total ? percent(share / 100) : "";
    const left = eta ? ` · ${t("progress.eta", { time: span(Math.ceil(eta)) })}` : "";
    this.count.textContent = total ? t("progress.samples", { done: number(done), total: number(total) }) + left : "\u00a0";
    this.note.textContent = t(job.state !== "queued" ? "progress.working" : waitedMs > SLOW_MS ? "progress.slow" : "progress.queued");
    this.stop.disabled = job.state === "canceling";
  }

  async #cancel(id) {
    this.stop.disabled = true;
    await cancelJob(id).catch(() => {}); // it was over already: the next look tells
  }
}

customElements.define("mien-progress", MienProgress);
