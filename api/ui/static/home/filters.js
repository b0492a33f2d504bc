/** <mien-filters>: which recordings the list shows. The address keeps the choice, so that a reload and a link do too. */

import { h } from "../common/dom.js";
import { t } from "../common/text.js";

const STATES = {
  all: ["queued", "planning", "running", "finishing", "canceling", "succeeded", "failed", "canceled"],
  open: ["queued", "planning", "running", "finishing", "canceling"],
  succeeded: ["succeeded"],
  failed: ["failed"],
  canceled: ["canceled"],
};
const DAYS = { all: 0, day: 1, week: 7, month: 31 };
const PURPOSES = ["all", "practice", "coaching", "research", "assessment"];
const DAY_MS = 86_400_000;

export class MienFilters extends HTMLElement {
  /** @param {() => void} onChange */
  show(onChange) {
    const changed = () => {
      this.#keep();
      onChange();
    };
    this.replaceChildren(
      h(
        "form",
        { class: "filters", role: "search", "aria-label": t("filter.title"), change: changed, submit: (event) => event.preventDefault() },
        this.#choice("state", Object.keys(STATES)),
        this.#choice("since", Object.keys(DAYS)),
        this.#choice("purpose", PURPOSES),
        h("label", null, h("span", null, t("filter.reference")), h("input", { class: "field", name: "reference", type: "search", maxlength: 200, autocomplete: "off", placeholder: t("filter.reference.any") })),
        h("button", { type: "button", class: "button plain clear", click: () => this.#clear(changed) }, t("filter.clear")),
      ),
    );
    this.form = this.firstChild;
    const asked = new URLSearchParams(location.search);
    for (const field of this.#fields()) if (asked.has(field.name)) field.value = asked.get(field.name);
    for (const field of this.#fields()) if (!field.value && field.options) field.value = "all"; // an address that names none of the choices
    this.#keep();
  }

  /** @returns {URLSearchParams} as the API takes them */
  query() {
    const { state, since, purpose, reference } = this.form.elements;
    const query = new URLSearchParams(STATES[state.value].map((one) => ["state", one]));
    if (purpose.value !== "all") query.set("purpose", purpose.value);
    if (reference.value.trim()) query.set("reference", reference.value.trim());
    if (DAYS[since.value]) query.set("created_after", new Date(Date.now() - DAYS[since.value] * DAY_MS).toISOString());
    return query;
  }

  isSet() {
    return this.#fields().some((field) => field.value && field.value !== "all");
  }

  #fields() {
    return [...this.form.elements].filter((field) => field.name);
  }

  #choice(name, values) {
    return h("label", null, h("span", null, t(`filter.${name}`)), h("select", { name }, ...values.map((value) => h("option", { value }, t(`filter.${name}.${value}`)))));
  }

  #clear(changed) {
    this.form.reset();
    changed();
  }

  #keep() {
    const set = this.#fields().filter((field) => field.value && field.value !== "all");
    const query = String(new URLSearchParams(set.map((field) => [field.name, field.value])));
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    this.form.querySelector(".clear").hidden = !set.length;
  }
}

customElements.define("mien-filters", MienFilters);
