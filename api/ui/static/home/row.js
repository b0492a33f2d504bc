/** One recording in the list: where it stands, and what can be done with it. */

import { ask, cancelJob, eraseJob, isOver } from "../common/api.js";
import { h } from "../common/dom.js";
import { moment, percent } from "../common/format.js";
import { confirmed } from "../common/question.js";
import { t } from "../common/text.js";

const RETRIABLE = new Set(["failed", "canceled"]);

export class Row {
  /**
   * @param {object} job
   * @param {{onChoose: (chosen: boolean) => void, onSubmitted: () => void}} how
   */
  constructor(job, { onChoose, onSubmitted }) {
    this.name = job.video_name ?? job.reference ?? t("title.unnamed");
    this.onSubmitted = onSubmitted;
    this.box = h("input", { type: "checkbox", "aria-label": t("list.choose", { name: this.name }), change: () => onChoose(this.box.checked) });
    this.state = h("span");
    this.why = h("span");
    this.bar = h("progress", { max: 100, "aria-hidden": "true" });
    this.trouble = h("p", { class: "small bad", role: "alert" });
    this.cancel = this.#button("cancel", () => cancelJob(job.id));
    this.retry = this.#button("retry", () => this.#again(job.id));
    this.erase = this.#button("erase", () => this.#erase(job.id));
    this.item = h(
      "li",
      { class: "job", "data-created": job.created_at },
      h("label", { class: "job-choice" }, this.box),
      h("span", { class: "job-words" }, this.#link(job), this.#about(job)),
      this.state,
      h("span", { class: "job-acts" }, this.cancel, this.retry, this.erase),
      this.bar,
      this.trouble,
    );
    this.update(job);
  }

  /** @param {object} job as it is now */
  update(job) {
    const { percent: share, samples_total: total } = job.progress;
    this.state.className = `badge ${job.state}`;
    this.state.textContent = t(`state.${job.state}`) + (job.state === "running" && total ? ` ${percent(share / 100)}` : "");
    this.why.textContent = job.error ? ` · ${job.error.code}` : "";
    this.bar.hidden = isOver(job);
    if (total) this.bar.value = share;
    this.box.disabled = job.state !== "succeeded";
    this.cancel.hidden = isOver(job) || job.state === "canceling";
    this.retry.hidden = !RETRIABLE.has(job.state);
    this.erase.hidden = job.state === "erased";
  }

  /** Whether one more may be chosen. @param {boolean} free */
  allow(free) {
    this.box.parentElement.hidden = !free;
  }

  #link(job) {
    return h("a", { class: "job-name", href: `/jobs/${job.id}` }, this.name);
  }

  #about(job) {
    const reference = job.reference && h("a", { class: "reference", href: `/compare?${new URLSearchParams({ reference: job.reference })}`, title: t("list.progress", { reference: job.reference }) }, job.reference);
    return h("span", { class: "muted small" }, moment(job.created_at), reference && " · ", reference, this.why);
  }

  #button(act, work) {
    const run = async () => {
      button.disabled = true;
      this.trouble.textContent = "";
      await work().catch((problem) => (this.trouble.textContent = problem.message || t("trouble.offline.title")));
      button.disabled = false;
    };
    const button = h("button", { type: "button", class: "button small", "aria-label": t(`list.${act}.label`, { name: this.name }), click: run }, t(`list.${act}`));
    return button;
  }

  async #again(id) {
    await ask(`/v1/jobs/${id}/retry`, { method: "POST" });
    this.onSubmitted();
  }

  async #erase(id) {
    const words = { title: t("list.erase.title", { name: this.name }), text: t("list.erase.text"), act: t("list.erase.yes") };
    if (await confirmed(words)) await eraseJob(id);
  }
}
