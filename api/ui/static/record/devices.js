/** Which camera and which microphone, and whether sound comes. */

import { h } from "../common/dom.js";
import { t } from "../common/text.js";
import { Level } from "./camera.js";

const LOOK_MS = 100;
const SILENT = 0.08; // a room without any speech gives more
const SILENT_LOOKS = 40;

export class Devices {
  #level = null;
  #timer = 0;
  #silent = 0;

  /** @param {{onChange: (wanted: {camera: string, microphone: string}) => void}} how */
  constructor({ onChange }) {
    const change = () => onChange({ camera: this.camera.value, microphone: this.microphone.value });
    this.camera = h("select", { id: "studio-camera", change });
    this.microphone = h("select", { id: "studio-microphone", change });
    this.meter = h("meter", { min: 0, max: 1, low: SILENT, "aria-label": t("record.level") });
    this.hint = h("p", { class: "small muted devices-hint", role: "status" });
    this.element = h(
      "div",
      { class: "devices" },
      h("p", null, h("label", { for: "studio-camera" }, t("record.camera")), this.camera),
      h("p", null, h("label", { for: "studio-microphone" }, t("record.microphone")), this.microphone),
      h("p", { class: "devices-level" }, h("span", { "aria-hidden": "true" }, t("record.level")), this.meter),
      this.hint,
    );
  }

  /** @param {import("./camera.js").Camera} camera that is open */
  async show(camera) {
    this.stop();
    const found = await camera.devices();
    offer(this.camera, found.camera, camera.deviceOf("video"));
    offer(this.microphone, found.microphone, camera.deviceOf("audio"));
    this.hint.textContent = camera.hasSound ? "" : t("record.soundless");
    this.microphone.disabled = !camera.hasSound;
    if (!camera.hasSound) return;
    this.#level = new Level(camera.stream);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#level?.close();
    this.#level = null;
    this.#silent = 0;
    this.meter.value = 0;
  }

  #look() {
    this.meter.value = this.#level.now();
    this.#silent = this.meter.value < SILENT ? this.#silent + 1 : 0;
    const words = this.#silent > SILENT_LOOKS ? t("record.silent") : "";
    if (this.hint.textContent !== words) this.hint.textContent = words;
  }
}

function offer(select, devices, current) {
  select.replaceChildren(...devices.map(({ deviceId, label }, number) => h("option", { value: deviceId }, label || t("record.device", { n: number + 1 }))));
  select.value = current;
}
