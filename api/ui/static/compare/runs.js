/** <mien-runs>: all recordings of one reference over time, as a line and as a table. */

import { ask, getResult } from "../common/api.js";
import { h } from "../common/dom.js";
import { moment, number } from "../common/format.js";
import { t } from "../common/text.js";
import { MEASURES, nameOf, written } from "./figures.js";
import { lineOf } from "./line.js";

const MOST = 100;
const COLUMNS = ["score", "moments", "face", "happy", "neutral"];

export class MienRuns extends HTMLElement {
  #chosen = [];

  /** @param {string} reference */
  async load(reference) {
    const query = new URLSearchParams({ reference, state: "succeeded", limit: MOST });
    const { items } = await ask(`/v1/jobs?${query}`); // the newest ones, shown oldest first
    const results = await Promise.all(items.map((job) => getResult(job.id).catch(() => null)));
    this.reference = reference;
    this.runs = items.map((job, i) => ({ job, result: results[i] })).filter(({ result }) => result).reverse();
  }

  /** Draw; the element is on the page. */
  begin() {
    document.title = t("title.report", { name: this.reference });
    this.compare = h("a", { class: "button", hidden: true }, t("runs.compare"));
    this.line = h("div", { class: "runs-line" });
    const choice = h("select", { "aria-label": t("runs.measure"), change: () => this.#draw(choice.value) }, ...Object.keys(MEASURES).map((name) => h("option", { value: name }, nameOf(name))));
    this.replaceChildren(
      h("header", { class: "heading" }, h("h1", null, t("runs.title", { reference: this.reference })), h("p", { class: "lead" }, t("runs.lead", { n: this.runs.length }))),
      h("section", { class: "card" }, h("div", { class: "list-head" }, h("h2", null, t("runs.over")), choice), this.line, h("p", { class: "muted small" }, t("runs.rough"))),
      h("section", { class: "card" }, h("div", { class: "list-head" }, h("h2", null, t("runs.all")), this.compare), this.#table()),
    );
    this.#draw("score");
  }

  #draw(name) {
    const values = this.runs.map(({ result }) => MEASURES[name].of(result));
    this.line.replaceChildren(lineOf(values, { name, labels: this.runs.map(({ job }) => moment(job.created_at)) }));
  }

  #table() {
    const heads = [t("runs.choose"), t("runs.when"), ...COLUMNS.map(nameOf)].map((words) => h("th", { scope: "col" }, words));
    const rows = this.runs.map((run, i) => this.#row(run, i)).reverse();
    return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": t("runs.all") }, h("table", { class: "figures" }, h("thead", null, h("tr", null, ...heads)), h("tbody", null, ...rows)));
  }

  #row({ job, result }, i) {
    const box = h("input", { type: "checkbox", "aria-label": t("runs.choose.one", { when: moment(job.created_at) }), change: () => this.#choose(job.id, box.checked) });
    const values = COLUMNS.map((name) => h("td", null, written(MEASURES[name].of(result), name)));
    const about = [job.video_name, job.metadata.question].filter(Boolean).join(" · ");
    return h("tr", null, h("td", null, box), h("th", { scope: "row" }, `${number(i + 1)} · `, h("a", { href: `/jobs/${job.id}` }, moment(job.created_at)), h("span", { class: "muted small block" }, about)), ...values);
  }

  #choose(id, chosen) {
    this.#chosen = [...this.#chosen.filter((one) => one !== id), ...(chosen ? [id] : [])];
    const inOrder = this.runs.map(({ job }) => job.id).filter((one) => this.#chosen.includes(one));
    this.compare.hidden = inOrder.length !== 2;
    this.compare.href = `/compare?${new URLSearchParams(inOrder.map((one) => ["job", one]))}`;
  }
}

customElements.define("mien-runs", MienRuns);
