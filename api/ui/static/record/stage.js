/** Where one sees oneself: the picture, the count before it begins, and the sign that it is being recorded. */

import { h } from "../common/dom.js";
import { clock } from "../common/format.js";
import { t } from "../common/text.js";

export class Stage {
  #address = "";

  constructor() {
    this.video = h("video", { class: "stage-video", playsinline: true });
    this.count = h("p", { class: "stage-count", "aria-hidden": "true", hidden: true });
    this.light = h("span", { class: "stage-light", "aria-hidden": "true" });
    this.words = h("b");
    this.time = h("span", { role: "timer", "aria-label": t("record.time") });
    this.sign = h("p", { class: "stage-sign", hidden: true }, this.light, this.words, this.time);
    this.element = h("div", { class: "stage" }, this.video, this.count, this.sign);
  }

  /** As in a mirror, which is how people know themselves; recorded is what others see. @param {MediaStream} stream */
  mirror(stream) {
    this.#leave();
    this.#show({ muted: true, controls: false });
    this.video.srcObject = stream;
    this.video.play().catch(() => {}); // it was replaced before it began
  }

  /** @param {Blob} recording */
  replay(recording) {
    this.#leave();
    this.#show({ muted: false, controls: true });
    this.#address = URL.createObjectURL(recording);
    this.video.src = this.#address;
  }

  /** @param {number | null} number */
  countDown(number) {
    this.count.hidden = number === null;
    this.count.replaceChildren(h("span", null, number ?? "")); // a new one each time, so that its movement begins anew
  }

  /** @param {"recording" | "paused" | null} state @param {number} [seconds] */
  mark(state, seconds = 0) {
    this.sign.hidden = state === null;
    this.sign.classList.toggle("paused", state === "paused");
    if (state) this.words.textContent = t(`record.sign.${state}`);
    this.time.textContent = clock(seconds);
  }

  clear() {
    this.#leave();
    this.countDown(null);
    this.mark(null);
  }

  #show({ muted, controls }) {
    Object.assign(this.video, { muted, controls });
    this.video.classList.toggle("mirrored", !controls);
    this.video.setAttribute("aria-label", t(controls ? "record.replay" : "record.mirror"));
  }

  #leave() {
    this.video.pause();
    this.video.srcObject = null;
    this.video.removeAttribute("src");
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = "";
  }
}
