/** The studio: a question, a mirror, a count, the recording, and what becomes of it. */

import { h } from "../common/dom.js";
import { bytes, clock } from "../common/format.js";
import { t } from "../common/text.js";
import { Camera, NoCamera } from "./camera.js";
import { Devices } from "./devices.js";
import { Questions } from "./questions.js";
import { Stage } from "./stage.js";
import { recordingType, Take } from "./take.js";

const COUNT = 3;
const SECOND_MS = 1000;
const TICK_MS = 250;
const MOST_S = 3600;
const STRONG = new Set(["start", "skip", "stop", "use", "again"]);

export class Studio {
  #answer = () => {};
  #camera = new Camera();
  #stage = new Stage();
  #questions = new Questions();
  #devices = new Devices({ onChange: async (wanted) => (await this.#look(wanted)) || this.#answer("again") });

  /** @param {{sending: import("../send/sending.js").Sending, fields: () => object}} how */
  constructor({ sending, fields }) {
    Object.assign(this, { sending, fields });
    this.note = h("p", { class: "studio-note" });
    this.acts = h("p", { class: "buttons studio-acts" });
    this.spoken = h("p", { class: "visually-hidden", role: "status", "aria-live": "assertive" });
    this.leave = h("button", { type: "button", class: "button small plain", click: () => this.#answer("leave") }, t("record.act.leave"));
    this.head = h("header", { class: "studio-head" }, h("h2", { id: "studio-title" }, t("record.title")), this.leave);
    this.body = h("div", { class: "studio-body" }, this.#questions.element, this.#stage.element, this.#devices.element);
    this.dialog = h("dialog", { class: "card studio", "aria-labelledby": "studio-title" }, this.head, this.body, this.note, this.acts, this.spoken);
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault(); // Escape never throws a recording away
      this.#answer("leave");
    });
    this.dialog.addEventListener("close", () => this.#answer("leave")); // where a browser insists
  }

  /** Until somebody leaves. */
  async open() {
    await styled();
    document.body.append(this.dialog);
    this.dialog.showModal();
    try {
      while (this.dialog.open && (await this.#round()));
    } finally {
      this.#devices.stop();
      this.#camera.close();
      this.#stage.clear();
      this.dialog.close();
      this.dialog.remove();
    }
  }

  /** One attempt at an answer. @returns {Promise<boolean>} whether there is to be another */
  async #round() {
    if ((await this.#prepare()) === "leave") return false;
    if ((await this.#countDown()) === "leave") return true;
    const { parcel, take } = await this.#record();
    const verdict = await this.#review(parcel, take);
    if (verdict === "use") parcel.use(this.fields());
    else if (verdict === "leave") parcel.hold();
    else parcel.drop();
    return verdict === "retake";
  }

  async #prepare() {
    this.#questions.fix(false);
    for (;;) {
      const isSeen = await this.#look();
      const answer = await this.#choice(isSeen ? ["start"] : ["again"]);
      if (answer !== "again") return answer;
    }
  }

  /** @param {{camera?: string, microphone?: string}} [wanted] @returns {Promise<boolean>} whether there is a picture */
  async #look(wanted) {
    this.body.hidden = false;
    this.#say("", t("record.asking"));
    try {
      await this.#camera.open(wanted);
    } catch (problem) {
      return this.#trouble(problem);
    }
    this.#stage.mirror(this.#camera.stream);
    await this.#devices.show(this.#camera);
    this.#devices.element.hidden = false;
    this.#say("", t("record.ready"));
    return true;
  }

  #trouble(problem) {
    if (!(problem instanceof NoCamera)) throw problem;
    this.body.hidden = true;
    this.note.replaceChildren(h("b", null, t(`record.trouble.${problem.kind}`)), h("br"), t(`record.todo.${problem.kind}`));
    this.spoken.textContent = this.note.textContent;
    return false;
  }

  async #countDown() {
    this.#devices.stop();
    this.#devices.element.hidden = true;
    this.#questions.fix(true);
    let left = COUNT;
    const tick = () => {
      this.#stage.countDown(left || null);
      this.#say(left ? String(left) : "");
      if (left === 0) this.#answer("skip");
      left -= 1;
    };
    const answer = this.#choice(["skip"]);
    tick();
    const timer = setInterval(tick, SECOND_MS);
    await answer;
    clearInterval(timer);
    this.#stage.countDown(null);
    return answer;
  }

  async #record() {
    const type = recordingType();
    const question = this.#questions.asked;
    const facts = { name: nameOf(type), type: type.split(";")[0], fields: question ? { metadata: { question } } : {} };
    const parcel = await this.sending.record(facts);
    const take = new Take(this.#camera.stream, type, parcel);
    const release = await guard();
    for (const track of this.#camera.stream.getTracks()) track.addEventListener("ended", () => this.#answer("stop"));
    const timer = setInterval(() => this.#tick(take, parcel), TICK_MS);
    take.start();
    await this.#untilStopped(take);
    clearInterval(timer);
    await take.stop();
    release();
    return { parcel, take };
  }

  async #untilStopped(take) {
    this.leave.hidden = true;
    for (let answer = ""; answer !== "stop" && answer !== "leave"; ) {
      this.#say(t(take.isPaused ? "record.sign.paused" : "record.sign.recording"));
      answer = await this.#choice(["stop", take.isPaused ? "resume" : "pause"], answer || "stop");
      if (answer === "pause") take.pause();
      if (answer === "resume") take.resume();
    }
    this.leave.hidden = false;
  }

  #tick(take, parcel) {
    this.#stage.mark(take.isPaused ? "paused" : "recording", take.length);
    const facts = { sent: bytes(Math.min(parcel.sent, parcel.size)), size: bytes(parcel.size) };
    this.note.textContent = t(parcel.isLost ? "record.lost" : "record.sent", facts);
    if (take.length >= MOST_S) this.#answer("stop");
  }

  /** The camera's light is out while one looks at what it saw. */
  #review(parcel, take) {
    this.#camera.close();
    this.#stage.mark(null);
    this.#stage.replay(parcel.source.blob(parcel.entry.type));
    const words = take.length >= MOST_S ? "record.most" : "record.review";
    this.#say(t("record.stopped"), t(words, { time: clock(take.length), size: bytes(parcel.size) }));
    return this.#choice(["use", "retake", "discard"]);
  }

  /**
   * Offer some things to do, the first of them in focus.
   * @param {string[]} acts
   * @param {string} [pressed] whose place the focus keeps, under its new name
   * @returns {Promise<string>} what was chosen; "leave" for Escape
   */
  #choice(acts, pressed) {
    const buttons = acts.map((act) => h("button", { type: "button", class: `button ${STRONG.has(act) ? "strong" : ""}`, click: () => this.#answer(act) }, t(`record.act.${act}`)));
    this.acts.replaceChildren(...buttons);
    buttons[pressed === undefined || pressed === "stop" ? 0 : buttons.length - 1].focus();
    return new Promise((resolve) => (this.#answer = resolve));
  }

  #say(spoken, shown = "") {
    this.spoken.textContent = spoken;
    this.note.textContent = shown;
  }
}

/** While somebody speaks, no screen goes dark and no page is left by mistake. */
async function guard() {
  const awake = await navigator.wakeLock?.request("screen").catch(() => null);
  const ask = (event) => event.preventDefault();
  addEventListener("beforeunload", ask);
  return () => {
    removeEventListener("beforeunload", ask);
    awake?.release();
  };
}

function nameOf(type) {
  const two = (number) => String(number).padStart(2, "0");
  const now = new Date();
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(".");
  return `${t("record.name", { when: `${day} ${time}` })}.${type.startsWith("video/mp4") ? "mp4" : "webm"}`;
}

function styled() {
  const href = new URL("studio.css", import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return undefined;
  return new Promise((done) => document.head.append(h("link", { rel: "stylesheet", href, load: done, error: done })));
}
