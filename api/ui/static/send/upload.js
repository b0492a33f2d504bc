/** <mien-upload>: drop or choose recordings. */

import { h } from "../common/dom.js";
import { t } from "../common/text.js";
import { KINDS, takeChosen, takeDropped } from "./dropped.js";

export class MienUpload extends HTMLElement {
  /** @param {{onTaken: (taken: {found: import("./dropped.js").Found[], refused: import("./dropped.js").Refused[]}) => void}} how */
  show({ onTaken }) {
    this.onTaken = onTaken;
    this.input = h("input", { id: "file", class: "visually-hidden", type: "file", accept: KINDS, multiple: true, change: () => this.#choose() });
    this.zone = h(
      "div",
      { class: "drop" },
      h("p", { class: "drop-words" }, t("home.drop")),
      h("p", { class: "muted small" }, t("home.or")),
      this.input,
      h("label", { class: "button strong", for: "file" }, t("home.choose")),
      h("p", { class: "muted small" }, t("home.formats")),
    );
    this.replaceChildren(this.zone);
    this.#listen();
  }

  #choose() {
    this.onTaken(takeChosen(this.input.files));
    this.input.value = ""; // the same file may be chosen again
  }

  #listen() {
    const over = (event) => {
      event.preventDefault();
      this.zone.classList.add("over");
    };
    const leave = () => this.zone.classList.remove("over");
    for (const [name, act] of [["dragenter", over], ["dragover", over], ["dragleave", leave]]) this.zone.addEventListener(name, act);
    for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault()); // a miss must not open the file
    this.zone.addEventListener("drop", (event) => {
      leave();
      this.onTaken(takeDropped(event.dataTransfer));
    });
  }
}

customElements.define("mien-upload", MienUpload);
