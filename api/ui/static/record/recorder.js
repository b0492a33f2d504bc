/** <mien-record>: the offer to record an answer here. The studio itself is loaded when somebody accepts it. */

import { h } from "../common/dom.js";
import { t } from "../common/text.js";

export class MienRecord extends HTMLElement {
  /** @param {{sending: () => Promise<import("../send/sendlist.js").MienSending>, fields: () => object}} how */
  show({ sending, fields }) {
    Object.assign(this, { sending, fields });
    this.button = h("button", { type: "button", class: "button strong", click: () => this.#open() }, t("record.open"));
    this.replaceChildren(
      h("div", { class: "drop record" }, h("p", { class: "drop-words" }, t("record.offer")), h("p", { class: "muted small" }, t("record.offer.hint")), this.button, h("p", { class: "muted small" }, t("record.offer.private"))),
    );
  }

  async #open() {
    this.button.disabled = true;
    try {
      const [{ Studio }, list] = await Promise.all([import("./studio.js"), this.sending()]);
      await new Studio({ sending: list.sending, fields: this.fields }).open();
    } finally {
      this.button.disabled = false;
      this.button.focus();
    }
  }
}

customElements.define("mien-record", MienRecord);
