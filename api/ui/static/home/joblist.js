/** <mien-joblist>: the recordings, newest first, kept up to date by the server's events. */

import { ask } from "../common/api.js";
import { h } from "../common/dom.js";
import { t } from "../common/text.js";
import { MienFilters } from "./filters.js";
import { Row } from "./row.js";

const FIRST = 20;
const MOST_LIVE = 100; // as many as the server follows; older ones come page by page and stay as they were

export class MienJoblist extends HTMLElement {
  #rows = new Map();
  #chosen = new Set();
  #limit = FIRST;
  #source = null;
  #cursor = null;

  /** Draw the list and follow it. Rejects with a Problem when the server refuses. */
  async show() {
    this.filters = new MienFilters();
    this.list = h("ul", { class: "jobs" });
    this.empty = h("p", { class: "muted empty", hidden: true });
    this.lost = h("p", { class: "muted small lost", role: "status" });
    this.more = h("button", { type: "button", class: "button plain", hidden: true, click: () => this.#showMore() }, t("home.more"));
    this.compare = h("a", { class: "button", hidden: true }, t("list.compare"));
    this.replaceChildren(
      h("div", { class: "list-head" }, h("h2", null, t("home.recent")), this.compare),
      this.filters,
      this.lost,
      this.empty,
      this.list,
      this.more,
    );
    this.filters.show(() => this.refresh().catch(() => {}));
    addEventListener("pagehide", () => this.#source?.close());
    addEventListener("pageshow", (event) => event.persisted && this.refresh().catch(() => {}));
    await this.refresh();
  }

  /** Begin anew: after a change of filters, or to see at once what was just submitted. */
  refresh() {
    this.#source?.close();
    this.#cursor = null;
    return this.#follow();
  }

  #follow() {
    const query = this.filters.query();
    query.set("limit", String(this.#limit));
    const source = new EventSource(`/v1/events?${query}`);
    this.#source = source;
    let told = new Set();
    return new Promise((resolve, reject) => {
      source.addEventListener("open", () => {
        told = new Set(); // also after a cut: the list comes again
        this.lost.textContent = "";
      });
      source.addEventListener("job", (event) => {
        const job = JSON.parse(event.data);
        told.add(job.id);
        this.#put(job);
      });
      source.addEventListener("gone", (event) => this.#drop(JSON.parse(event.data).id));
      source.addEventListener("listed", () => {
        for (const id of this.#rows.keys()) if (!told.has(id)) this.#drop(id);
        this.#listed(told.size);
        resolve();
      });
      source.addEventListener("error", () => this.#onCut(source).catch(reject));
    });
  }

  /** The browser tries again by itself, unless the server refused. */
  async #onCut(source) {
    this.lost.textContent = t("list.lost");
    if (source.readyState === EventSource.CLOSED && source === this.#source) await ask("/v1/jobs?limit=1");
  }

  #put(job) {
    const known = this.#rows.get(job.id);
    if (known) return known.update(job);
    const row = new Row(job, { onChoose: (chosen) => this.#choose(job.id, chosen), onSubmitted: () => this.refresh() });
    this.#rows.set(job.id, row);
    const below = [...this.list.children].find((item) => item.dataset.created < job.created_at);
    this.list.insertBefore(row.item, below ?? null);
    this.empty.hidden = true;
  }

  #drop(id) {
    this.#rows.get(id)?.item.remove();
    this.#rows.delete(id);
    this.#choose(id, false);
    this.#tellIfEmpty();
  }

  #listed(count) {
    this.more.hidden = count < this.#limit;
    this.#tellIfEmpty();
  }

  #tellIfEmpty() {
    this.empty.hidden = this.#rows.size > 0;
    this.empty.textContent = t(this.filters.isSet() ? "list.nomatch" : "home.empty");
  }

  #showMore() {
    if (this.#limit < MOST_LIVE) {
      this.#limit = MOST_LIVE;
      this.#source.close();
      return this.#follow().catch(() => {});
    }
    return this.#olderPage().catch(() => {});
  }

  async #olderPage() {
    const query = this.filters.query();
    query.set("limit", String(MOST_LIVE));
    this.#cursor ??= (await ask(`/v1/jobs?${query}`)).next_cursor;
    if (this.#cursor) {
      query.set("cursor", this.#cursor);
      const page = await ask(`/v1/jobs?${query}`);
      page.items.forEach((job) => this.#put(job));
      this.#cursor = page.next_cursor;
    }
    this.more.hidden = !this.#cursor;
  }

  #choose(id, chosen) {
    if (chosen) this.#chosen.add(id);
    else this.#chosen.delete(id);
    const both = [...this.#chosen];
    this.compare.hidden = both.length !== 2;
    this.compare.href = `/compare?${new URLSearchParams(both.map((one) => ["job", one]))}`;
    for (const [other, row] of this.#rows) row.allow(both.length < 2 || this.#chosen.has(other));
  }
}

customElements.define("mien-joblist", MienJoblist);
