/** <mien-upload>: drop or choose recordings; each is sent with its progress, one after the other. */

import { submit } from "../common/api.js";
import { h } from "../common/dom.js";
import { bytes, percent } from "../common/format.js";
import { t } from "../common/text.js";

const KINDS = "video/*,.mkv,.avi,.ts,.mts,.m2ts";

export class MienUpload extends HTMLElement {
  #last = Promise.resolve();

  /** @param {{onSubmitted: (job: object, file: File) => void}} how */
  show({ onSubmitted }) {
    this.onSubmitted = onSubmitted;
    this.input = h("input", { id: "file", class: "visually-hidden", type: "file", accept: KINDS, multiple: true, change: () => this.#take(this.input.files) });
    this.zone = h(
      "div",
      { class: "drop" },
      h("p", { class: "drop-words" }, t("home.drop")),
      h("p", { class: "muted small" }, t("home.or")),
      this.input,
      h("label", { class: "button strong", for: "file" }, t("home.choose")),
      h("p", { class: "muted small" }, t("home.formats")),
    );
    this.uploads = h("ul", { class: "uploads", "aria-live": "polite" });
    this.replaceChildren(this.zone, this.uploads);
    this.#listen();
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
      this.#take(event.dataTransfer.files);
    });
  }

  #take(files) {
    for (const file of files) {
      const upload = new Upload(file);
      this.uploads.append(upload.row);
      this.#last = this.#last.then(() => upload.send(this.onSubmitted));
    }
    this.input.value = "";
  }
}

class Upload {
  #stop = null;
  #stopped = false;

  constructor(file) {
    this.file = file;
    this.bar = h("progress", { max: 1, value: 0, "aria-label": t("home.uploading", { name: file.name }) });
    this.words = h("span", { class: "muted small" }, bytes(file.size));
    this.button = h("button", { type: "button", class: "button plain", click: () => this.#halt() }, t("home.stop"));
    this.row = h("li", { class: "card upload" }, h("div", { class: "upload-words" }, h("b", null, file.name), this.words), this.bar, this.button);
  }

  async send(onSubmitted) {
    if (this.#stopped) return;
    const { done, stop } = submit(this.file, (share) => this.#progress(share));
    this.#stop = stop;
    try {
      onSubmitted(await done, this.file);
      this.row.remove();
    } catch (problem) {
      this.#refuse(problem);
    }
  }

  #progress(share) {
    this.bar.value = share;
    this.words.textContent = `${percent(share)} · ${bytes(this.file.size)}`;
  }

  #halt() {
    this.#stopped = true;
    if (this.#stop) this.#stop();
    else this.row.remove();
  }

  #refuse(problem) {
    const own = { stopped: "home.stopped", offline: "home.lost" }[problem.code];
    const why = own ? t(own) : `${problem.message} (${problem.code})`;
    const close = h("button", { type: "button", class: "button plain", click: () => this.row.remove() }, t("home.dismiss"));
    this.row.classList.add("refused");
    this.row.setAttribute("role", "alert");
    this.row.replaceChildren(h("div", { class: "upload-words" }, h("b", null, t("home.refused", { name: this.file.name })), h("span", { class: "small" }, why)), close);
  }
}

customElements.define("mien-upload", MienUpload);
