/** The questions that one can answer: a short list that everybody may change, kept in this browser. */

import { h } from "../common/dom.js";
import { t } from "../common/text.js";

const KEPT = "mien.questions";
const DEFAULTS = ["self", "strength", "conflict", "failure", "why", "future"];
const MAX_CHARS = 500;

const defaults = () => DEFAULTS.map((name) => t(`record.question.${name}`));

/** @returns {string[]} */
function load() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT));
    if (Array.isArray(kept)) return kept.filter((text) => typeof text === "string");
  } catch {
    // what cannot be read is as good as nothing
  }
  return defaults();
}

export class Questions {
  #list = load();
  #at = 0;

  constructor() {
    this.text = h("p", { class: "asked-text" });
    this.count = h("p", { class: "muted small" });
    this.next = h("button", { type: "button", class: "button small plain", click: () => this.#go(this.#at + 1) }, t("record.another"));
    this.none = h("button", { type: "button", class: "button small plain", click: () => this.#go(null) }, t("record.none"));
    this.edit = h("button", { type: "button", class: "button small plain", "aria-expanded": "false", click: () => this.#open(this.editor.hidden) }, t("record.edit"));
    this.editor = h("div", { class: "asked-editor", hidden: true });
    this.acts = h("p", { class: "buttons" }, this.next, this.none, this.edit);
    this.element = h("section", { class: "asked", "aria-label": t("record.question") }, this.count, this.text, this.acts, this.editor);
    this.#go(0);
  }

  /** @returns {string | null} the one on the screen */
  get asked() {
    return this.#at === null ? null : this.#written[this.#at];
  }

  /** A line that was added and not filled in yet is no question. */
  get #written() {
    return this.#list.filter(Boolean);
  }

  /** While somebody answers, the question stays. @param {boolean} fixed */
  fix(fixed) {
    this.acts.hidden = fixed;
    if (fixed) this.#open(false);
  }

  #go(at) {
    const all = this.#written.length;
    this.#at = at === null || all === 0 ? null : at % all;
    this.text.textContent = this.asked ?? t("record.free");
    this.text.classList.toggle("muted", this.#at === null);
    this.count.textContent = this.#at === null ? "" : t("record.question.of", { n: this.#at + 1, all });
    this.next.textContent = t(this.#at === null ? "record.ask" : "record.another");
    this.next.disabled = all === 0;
    this.none.hidden = this.#at === null;
  }

  #open(open) {
    this.editor.hidden = !open;
    this.edit.setAttribute("aria-expanded", String(open));
    if (open) this.#draw();
  }

  #draw() {
    this.editor.replaceChildren(
      h("ol", { class: "asked-list" }, ...this.#list.map((text, number) => this.#line(text, number))),
      h(
        "p",
        { class: "buttons" },
        h("button", { type: "button", class: "button small", click: () => this.#add() }, t("record.edit.add")),
        h("button", { type: "button", class: "button small plain", click: () => this.#reset() }, t("record.edit.reset")),
      ),
    );
  }

  #line(text, number) {
    const change = (event) => {
      this.#list[number] = event.target.value.trim();
      this.#keep(this.#at);
    };
    const remove = () => {
      this.#list.splice(number, 1);
      this.#keep(this.#at !== null && this.#at > number ? this.#at - 1 : this.#at);
      this.#draw();
      this.editor.querySelector("button").focus();
    };
    return h(
      "li",
      null,
      h("input", { class: "field", maxlength: MAX_CHARS, value: text, "aria-label": t("record.edit.text", { n: number + 1 }), change }),
      h("button", { type: "button", class: "button small plain", "aria-label": t("record.edit.remove.label", { n: number + 1 }), click: remove }, t("record.edit.remove")),
    );
  }

  #add() {
    this.#list.push("");
    this.#draw();
    [...this.editor.querySelectorAll("input")].at(-1).focus();
  }

  #reset() {
    this.#list = defaults();
    localStorage.removeItem(KEPT);
    this.#go(0);
    this.#draw();
  }

  #keep(at) {
    localStorage.setItem(KEPT, JSON.stringify(this.#written));
    this.#go(at);
  }
}
