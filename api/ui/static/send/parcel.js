/**
 * One recording on its way, from the moment it was chosen until there is a job of it.
 *
 * What it waits for is its `state`:
 *   elsewhere  another tab of this browser sends it
 *   recording  it is still being made, and what is there is sent already
 *   waiting    for its turn
 *   sending    bytes go out
 *   lost       the line is down, and tried again by itself
 *   paused     the person said so
 *   choose     the file cannot be had again; the person has to choose it once more
 *   allow      the browser wants to be asked before it reads the file again
 *   held       a recorded answer of which nobody has said yet whether it is wanted
 *   making     all is there; the job is being made
 *   refused    `problem` says why
 */

import { ask, Problem } from "../common/api.js";
import { Growing, Stopped } from "./growing.js";
import { entryOf, fileOf, forget, keep, newKey, piecesOf } from "./kept.js";
import { Pace } from "./pace.js";
import { patiently } from "./patience.js";
import { askOffset, terminate, Transfer } from "./transfer.js";

export class Parcel {
  #transfer = null;
  #answered = () => {};
  #left = () => {};
  #isOver = false;
  #isHeld = false;
  #pace = new Pace();

  state = "waiting";
  problem = null;
  isLost = false;

  /**
   * @param {import("./kept.js").Entry} entry
   * @param {Blob | Growing | null} source null when it was kept by an earlier page
   * @param {{slots: import("./slots.js").Slots, onState: (parcel: Parcel) => void, onMade: (job: object, name: string) => void, onOver: (parcel: Parcel) => void}} how
   */
  constructor(entry, source, how) {
    Object.assign(this, { entry, source, how, isFromBefore: source === null, sent: entry.offset });
  }

  /** Bytes in all, as far as is known. */
  get size() {
    return this.entry.size ?? this.source?.size ?? this.sent;
  }

  /** Seconds until all is sent, null when nobody can say yet. */
  get left() {
    return this.#pace.left(this.size);
  }

  /** All of it, alone among the tabs of this browser. */
  async run() {
    if (!navigator.locks) return this.#carry(); // without TLS; the server's own lock keeps the bytes right
    const name = `mien-send-${this.entry.id}`;
    const isFree = await navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock) await this.#carry();
      return lock !== null;
    });
    if (isFree) return undefined;
    this.#say("elsewhere");
    return navigator.locks.request(name, () => this.#carry());
  }

  pause() {
    this.#change({ paused: true });
    this.#transfer?.stop();
    if (!this.#transfer) this.#say("paused");
  }

  /** Go on: after a pause, a refusal, or a permission. */
  resume() {
    this.#change({ paused: false });
    this.#say("waiting");
    this.#answered();
  }

  /** Forget it, here and on the server. */
  drop() {
    this.#change({ state: "dropped" });
    this.#over();
    this.#transfer?.stop();
    this.#left(new Stopped());
    return this.#end();
  }

  /** Nobody has decided about the recorded answer, and the place where it was made is closed. */
  hold() {
    this.#isHeld = true;
    this.#say(this.state);
  }

  /** The recorded answer is wanted. @param {import("./kept.js").Entry["fields"]} fields */
  use(fields) {
    this.#change({ state: "sending", fields: { ...this.entry.fields, ...fields } });
    if (this.source instanceof Growing) this.source.end();
    this.#say("sending");
    this.#answered();
  }

  /**
   * Once more the file that an earlier page had.
   * @param {File} file
   * @returns {boolean} false when it is another one
   */
  give(file) {
    const { name, size, modified } = this.entry;
    if (file.name !== name || file.size !== size || file.lastModified !== modified) return false;
    this.source = file;
    this.resume();
    return true;
  }

  async #carry() {
    if (this.isFromBefore && !(await this.#remember())) return this.#over();
    if (this.entry.state === "dropped") return this.#end();
    while (!this.#isOver) {
      try {
        return await this.#deliver();
      } catch (problem) {
        if (!(problem instanceof Stopped)) await this.#refused(problem).catch(() => {});
      }
    }
    return undefined;
  }

  /** Another tab may have changed it, or finished it. */
  async #remember() {
    const entry = await entryOf(this.entry.id);
    if (entry) this.entry = entry;
    return entry;
  }

  async #deliver() {
    if (this.entry.paused) await this.#until("paused");
    if (this.entry.state === "recording" && this.isFromBefore && !(await this.#isWanted())) return;
    if (!(await this.#isThere())) await this.#inTurn();
    await this.#finish(await this.#submit());
  }

  /** Of an answer that a reload has cut off. */
  async #isWanted() {
    this.#isHeld = true;
    this.source = await this.#read();
    if (this.source.size === 0) await this.drop();
    else await this.#until("held");
    return !this.#isOver;
  }

  /** What is being recorded cannot wait. */
  #inTurn() {
    return this.source instanceof Growing ? this.#send() : this.how.slots.take(() => this.#send());
  }

  /** Whether an earlier page sent all of it. Sees to it that what is left can be read. */
  async #isThere() {
    this.source ??= await this.#read();
    if (this.source) return false;
    const there = this.entry.url && (await patiently(() => askOffset(this.entry.url)));
    if (there?.isWhole) return true;
    this.sent = there?.offset ?? 0;
    await this.#until("choose");
    return false;
  }

  async #read() {
    const { id, size } = this.entry;
    if (size === null) return recorded(await piecesOf(id));
    const kept = await fileOf(id);
    if (!kept || kept instanceof Blob) return kept ?? null;
    if ((await kept.queryPermission?.()) === "prompt") {
      await this.#until("allow");
      await kept.requestPermission();
    }
    return kept.getFile().catch(() => null);
  }

  async #send() {
    if (this.entry.paused || this.#isOver) throw new Stopped();
    this.#say("sending");
    this.#pace = new Pace();
    this.#transfer = new Transfer(this.source, {
      url: this.entry.url,
      key: () => this.entry.uploadKey,
      metadata: { filename: this.entry.name, ...(this.entry.type && { filetype: this.entry.type }) },
      onBegun: (url) => url === this.entry.url || this.#change({ url }),
      onForgotten: () => this.#change({ url: null, uploadKey: newKey(), offset: 0 }),
      onSent: (bytes) => this.#progress(bytes),
      onSafe: (offset) => this.#change({ offset }),
      onLost: () => this.#lost(),
    });
    try {
      await this.#transfer.run();
    } finally {
      this.#transfer = null;
    }
  }

  #progress(bytes) {
    this.sent = bytes;
    this.#pace.note(bytes);
    this.#say("sending");
  }

  /** A file that was moved or changed reads as a line that is down, and is another matter. */
  #lost() {
    this.#say("lost");
    if (!(this.source instanceof Blob)) return;
    this.source.slice(0, 1).arrayBuffer().catch(() => {
      this.source = null;
      this.#transfer?.stop();
    });
  }

  async #submit() {
    this.#say("making");
    const uploadId = this.entry.url.split("/").at(-1);
    const request = {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": this.entry.jobKey },
      body: JSON.stringify({ upload_id: uploadId, ...this.entry.fields }),
    };
    return patiently(() => ask("/v1/jobs", request));
  }

  async #finish(job) {
    await forget(this.entry.id);
    this.how.onMade(job, this.entry.name);
    this.#over();
  }

  async #refused(problem) {
    if (!(problem instanceof Problem)) console.error(problem);
    this.problem = problem;
    await this.#until("refused");
  }

  async #end() {
    this.#over();
    const { id, url } = this.entry;
    if (url) await terminate(url).catch(() => {});
    await forget(id);
  }

  #over() {
    if (!this.#isOver) this.how.onOver(this);
    this.#isOver = true;
  }

  /** Wait for the person, and show what for. */
  #until(state) {
    this.#say(state);
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#left = reject;
    });
  }

  #say(state) {
    this.isLost = state === "lost";
    this.state = this.entry.state === "recording" ? (this.#isHeld ? "held" : "recording") : state;
    if (!this.#isOver) this.how.onState(this);
  }

  #change(facts) {
    Object.assign(this.entry, facts);
    return this.#isOver ? undefined : keep(this.entry);
  }
}

function recorded(pieces) {
  const source = new Growing();
  for (const piece of pieces) source.push(piece);
  source.end();
  return source;
}
