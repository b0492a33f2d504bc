/** <mien-about>: what may be said about the recordings that are sent next. */

import { h } from "../common/dom.js";
import { t } from "../common/text.js";

const LAST = "mien.reference";
const PURPOSES = ["practice", "coaching", "research"]; // an assessment demands a consent on record, for which a program asks
const MAX_REFERENCE_CHARS = 200;

export class MienAbout extends HTMLElement {
  show() {
    this.reference = h("input", { id: "reference", class: "field", maxlength: MAX_REFERENCE_CHARS, autocomplete: "off", "aria-describedby": "reference-hint", input: () => this.#said() });
    this.reference.value = localStorage.getItem(LAST) ?? "";
    this.purpose = h("select", { id: "purpose" }, ...PURPOSES.map((purpose) => h("option", { value: purpose }, t(`purpose.${purpose}`))));
    this.now = h("span", { class: "muted" });
    this.replaceChildren(
      h(
        "details",
        { class: "about" },
        h("summary", null, t("send.more"), " ", this.now),
        h(
          "div",
          { class: "about-fields" },
          h("p", null, h("label", { for: "reference" }, t("send.reference")), this.reference, h("span", { id: "reference-hint", class: "muted small" }, t("send.reference.hint"))),
          h("p", null, h("label", { for: "purpose" }, t("send.purpose")), this.purpose),
        ),
      ),
    );
    this.#said();
  }

  /** @returns {{reference?: string, purpose: string}} as a job takes them */
  fields() {
    const reference = this.reference.value.trim();
    localStorage.setItem(LAST, reference);
    return { ...(reference && { reference }), purpose: this.purpose.value };
  }

  /** What is remembered from last time goes along, so it is to be seen without opening anything. */
  #said() {
    const reference = this.reference.value.trim();
    this.now.textContent = reference ? t("send.reference.now", { reference }) : "";
  }
}

customElements.define("mien-about", MienAbout);
