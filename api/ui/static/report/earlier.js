/** <mien-earlier>: how this recording compares with others of the same reference. */

import { ask, getResult } from "../common/api.js";
import { h } from "../common/dom.js";
import { moment, number, signed } from "../common/format.js";
import { t } from "../common/text.js";

const SHOWN = 5;

export class MienEarlier extends HTMLElement {
  /** Stays empty where there is nothing to compare with. @param {object} job @param {object} result */
  async show(job, result) {
    if (!job.reference) return;
    const query = new URLSearchParams({ reference: job.reference, state: "succeeded", created_before: job.created_at, limit: SHOWN });
    const { items } = await ask(`/v1/jobs?${query}`);
    if (!items.length) return;
    const results = await Promise.all(items.map((one) => getResult(one.id).catch(() => null)));
    const rows = items.map((one, i) => results[i] && row(one, results[i], job, result)).filter(Boolean);
    this.replaceChildren(
      h(
        "section",
        { class: "card" },
        h("h2", null, t("earlier.title")),
        h("p", { class: "muted small" }, t("earlier.note", { reference: job.reference })),
        h("ul", { class: "earlier" }, ...rows),
        h("p", { class: "buttons" }, h("a", { class: "button", href: `/compare?${new URLSearchParams({ reference: job.reference })}` }, t("earlier.all"))),
      ),
    );
  }
}

function row(one, { score }, job, result) {
  const both = score.value !== null && result.score.value !== null;
  const change = both ? t("earlier.change", { points: signed(result.score.value - score.value, 1) }) : "";
  return h(
    "li",
    null,
    h("a", { href: `/jobs/${one.id}` }, moment(one.created_at)),
    h("b", null, score.value === null ? "–" : number(score.value, 1)),
    h("span", { class: "muted small" }, change),
    h("a", { class: "small", href: `/compare?${new URLSearchParams([["job", one.id], ["job", job.id]])}` }, t("earlier.compare")),
  );
}

customElements.define("mien-earlier", MienEarlier);
