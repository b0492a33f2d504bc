/** One recording on its way, as one sees it. */

import { h } from "../common/dom.js";
import { bytes, percent, span } from "../common/format.js";
import { has, t } from "../common/text.js";
import { KINDS } from "./dropped.js";

/** What can be done in each state; nothing in those that are not named. */
const ACTS = {
  waiting: ["cancel"],
  sending: ["pause", "cancel"],
  lost: ["pause", "cancel"],
  paused: ["resume", "cancel"],
  choose: ["choose", "cancel"],
  allow: ["allow", "cancel"],
  held: ["use", "discard"],
  refused: ["again", "cancel"],
};
const STRONG = new Set(["choose", "allow", "use"]);
const MOVING = new Set(["waiting", "sending", "lost", "paused", "choose", "allow", "making"]);

export class ParcelRow {
  #shown = null;

  /**
   * @param {import("./parcel.js").Parcel} parcel
   * @param {{fields: () => object, say: (words: string) => void}} how
   */
  constructor(parcel, { fields, say }) {
    Object.assign(this, { parcel, fields, say });
    this.name = parcel.entry.name;
    this.title = h("b", null, this.name);
    this.words = h("span", { class: "muted small" });
    this.bar = h("progress", { max: 1, "aria-label": t("send.of", { name: this.name }) });
    this.acts = h("span", { class: "upload-acts" });
    this.input = h("input", { type: "file", accept: KINDS, hidden: true, change: () => this.#give() });
    this.item = h("li", { class: "card upload" }, h("div", { class: "upload-words" }, this.title, this.words), this.bar, this.acts, this.input);
    this.update();
  }

  update() {
    const { state, sent, size } = this.parcel;
    this.bar.value = size ? sent / size : 0;
    this.words.textContent = this.#said();
    if (state !== this.#shown) this.#turn(state);
  }

  /** Who was about to press a button here is not left without a place. */
  remove() {
    const had = this.item.contains(document.activeElement);
    this.item.remove();
    if (had) document.getElementById("file")?.focus();
  }

  #turn(state) {
    const had = this.item.contains(document.activeElement);
    this.#shown = state;
    this.item.hidden = state === "recording";
    this.item.classList.toggle("refused", state === "refused");
    this.title.textContent = state === "refused" ? t("send.refused", { name: this.name }) : this.name;
    this.bar.hidden = !MOVING.has(state);
    this.acts.replaceChildren(...(ACTS[state] ?? []).map((act) => this.#button(act)));
    if (state === "refused") this.item.setAttribute("role", "alert");
    else this.item.removeAttribute("role");
    if (had) this.acts.firstElementChild?.focus();
    if (!["waiting", "sending", "recording", "refused"].includes(state)) this.say(`${this.name}: ${this.#said()}`);
  }

  #button(act) {
    const label = t(`send.act.${act}`);
    return h("button", { type: "button", class: `button small ${STRONG.has(act) ? "strong" : "plain"}`, "aria-label": t("send.act", { act: label, name: this.name }), click: () => this.#act(act) }, label);
  }

  #act(act) {
    const { parcel } = this;
    if (act === "pause") parcel.pause();
    else if (act === "choose") this.input.click();
    else if (act === "use") parcel.use(this.fields());
    else if (act === "cancel" || act === "discard") parcel.drop();
    else parcel.resume();
  }

  #give() {
    const [file] = this.input.files;
    if (file && !this.parcel.give(file)) this.words.textContent = t("send.another", { name: file.name });
    this.input.value = "";
  }

  #said() {
    const { state, sent, size, left, problem } = this.parcel;
    const share = percent(size ? Math.min(1, sent / size) : 0);
    if (state === "sending") return [share, bytes(size), left === null ? "" : t("send.left", { time: span(Math.ceil(left)) })].filter(Boolean).join(" · ");
    if (state === "refused") return why(problem);
    return t(`send.is.${state}`, { share, size: bytes(size) });
  }
}

/**
 * A row for what is not sent at all.
 * @param {string} name
 * @param {"folder" | "empty" | "other"} reason
 */
export function refusal(name, reason) {
  const words = reason === "empty" ? `${t("todo.empty_file")} (empty_file)` : t(`send.not.${reason}`);
  const item = h("li", { class: "card upload refused", role: "alert" }, h("div", { class: "upload-words" }, h("b", null, t("send.refused", { name })), h("span", { class: "small" }, words)));
  const dismiss = h("button", { type: "button", class: "button small plain", click: () => item.remove() }, t("send.act.dismiss"));
  item.append(h("span", { class: "upload-acts" }, dismiss));
  return item;
}

function why({ code, message }) {
  if (has(`send.why.${code}`)) return t(`send.why.${code}`);
  const todo = has(`todo.${code}`) ? t(`todo.${code}`) : t("todo.other");
  return `${message ?? ""} ${todo} (${code ?? "internal_error"})`.trim();
}
