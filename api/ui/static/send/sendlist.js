/** <mien-sending>: what is on its way, a row each, with what can be done about it. */

import { h } from "../common/dom.js";
import { t } from "../common/text.js";
import { ParcelRow, refusal } from "./parcelrow.js";
import { Sending } from "./sending.js";

export class MienSending extends HTMLElement {
  #rows = new Map();

  /**
   * Take up what earlier pages began.
   * @param {{workspace: string, fields: () => object, onSubmitted: (job: object, name: string) => void}} how
   */
  async show({ workspace, fields, onSubmitted }) {
    this.fields = fields;
    this.list = h("ul", { class: "uploads" });
    this.spoken = h("p", { class: "visually-hidden", role: "status" });
    this.replaceChildren(this.list, this.spoken);
    this.sending = new Sending(workspace, {
      onParcel: (parcel) => this.#draw(parcel),
      onState: (parcel) => this.#rows.get(parcel)?.update(),
      onOver: (parcel) => this.#remove(parcel),
      onMade: (job, name) => {
        this.say(t("send.made", { name }));
        onSubmitted(job, name);
      },
    });
    await this.sending.restore();
  }

  /** @param {{found: import("./dropped.js").Found[], refused: import("./dropped.js").Refused[]}} taken */
  async take({ found, refused }) {
    const fields = this.fields();
    for (const { name, why } of refused) this.list.append(refusal(name, why));
    for (const { file, handle } of found) await this.sending.add(file, await handle, fields);
  }

  /** Tell those who do not see the rows. @param {string} words */
  say(words) {
    this.spoken.textContent = words;
  }

  #draw(parcel) {
    const row = new ParcelRow(parcel, { fields: this.fields, say: (words) => this.say(words) });
    this.#rows.set(parcel, row);
    this.list.append(row.item);
  }

  #remove(parcel) {
    this.#rows.get(parcel)?.remove();
    this.#rows.delete(parcel);
  }
}

customElements.define("mien-sending", MienSending);
