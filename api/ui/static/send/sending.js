/** All that is being sent from this browser: what was begun before, what was chosen, what is being recorded. */

import { Growing } from "./growing.js";
import { entries, forget, keep, keepFile, newKey, tidy } from "./kept.js";
import { Parcel } from "./parcel.js";
import { Slots } from "./slots.js";

const AT_A_TIME = 2;
const STRANGE_MS = 7 * 86_400_000; // so long what somebody else began in this browser waits for them

export class Sending {
  #slots = new Slots(AT_A_TIME);

  /**
   * @param {string} workspace what was begun for another one is none of ours
   * @param {{onParcel: (parcel: Parcel) => void, onState: (parcel: Parcel) => void, onOver: (parcel: Parcel) => void, onMade: (job: object, name: string) => void}} how
   */
  constructor(workspace, how) {
    Object.assign(this, { workspace, how });
  }

  /** Go on with what earlier pages began. */
  async restore() {
    await tidy();
    for (const entry of await entries()) {
      if (entry.workspace === this.workspace) this.#start(entry, null);
      else if (Date.now() - entry.begun > STRANGE_MS) forget(entry.id);
    }
  }

  /**
   * @param {File} file
   * @param {FileSystemFileHandle | null} handle
   * @param {import("./kept.js").Entry["fields"]} fields
   */
  async add(file, handle, fields) {
    const { name, size, type, lastModified: modified } = file;
    const entry = this.#entry({ name, size, type, modified, fields, state: "sending" });
    await keep(entry);
    keepFile(entry.id, file, handle);
    this.#start(entry, file);
  }

  /**
   * Send what is still being recorded; the parcel's `source` takes the pieces.
   * @param {{name: string, type: string, fields: import("./kept.js").Entry["fields"]}} facts
   * @returns {Promise<Parcel>}
   */
  async record(facts) {
    const entry = this.#entry({ ...facts, size: null, modified: null, state: "recording" });
    await keep(entry);
    return this.#start(entry, new Growing());
  }

  #entry(facts) {
    return { ...facts, id: newKey(), uploadKey: newKey(), jobKey: newKey(), workspace: this.workspace, begun: Date.now(), paused: false, url: null, offset: 0 };
  }

  #start(entry, source) {
    const { onState, onOver, onMade, onParcel } = this.how;
    const parcel = new Parcel(entry, source, { slots: this.#slots, onState, onOver, onMade });
    onParcel(parcel);
    parcel.run();
    return parcel;
  }
}
