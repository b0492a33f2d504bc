/** <mien-downloads>: everything about the recording that one may take home; some of it is made when asked for. */

import { ask, local, post } from "../common/api.js";
import { h } from "../common/dom.js";
import { percent } from "../common/format.js";
import { language, t } from "../common/text.js";

const LOOK_MS = 1500;
const MADE = { report: "HTML", annotated: "MP4", playable: "MP4", archive: "ZIP" };
const SPOKEN = new Set(["report", "archive"]);

export class MienDownloads extends HTMLElement {
  /** @param {object} job @param {string} name of the recording @param {boolean} kept whether it is still there */
  async show(job, name, kept) {
    const base = `/v1/jobs/${job.id}`;
    const stem = name.replace(/\.[^.]+$/, "") || job.id;
    const kinds = Object.keys(MADE).filter((kind) => kept || SPOKEN.has(kind));
    const made = new Map(kinds.map((kind) => [kind, new Made(base, kind)]));
    this.replaceChildren(
      h(
        "section",
        { class: "card no-print" },
        h("h2", null, t("downloads.title")),
        h(
          "div",
          { class: "buttons" },
          link("result", "JSON", `${base}/result`, `${stem}.result.json`),
          link("csv", "CSV", `${base}/timeline?format=csv`, `${stem}.timeline.csv`),
          link("ndjson", "NDJSON", `${base}/timeline?format=ndjson`, `${stem}.timeline.ndjson`),
          kept && link("recording", "", `/v1/videos/${job.video_id}/content`, name),
          ...[...made.values()].map((one) => one.element),
          h("button", { type: "button", class: "button plain", click: () => print() }, t("downloads.print")),
        ),
      ),
    );
    const { items } = await ask(`${base}/artifacts`);
    for (const artifact of items) made.get(artifact.kind)?.know(artifact);
  }
}

function link(name, format, path, file) {
  return h("a", { class: "button", href: path, download: file }, t(`downloads.${name}`), format && h("span", { class: "format" }, format));
}

/** A button that has the artifact made, shows how far it is, and then is the download. */
class Made {
  constructor(base, kind) {
    Object.assign(this, { base, kind });
    this.format = h("span", { class: "format" }, MADE[kind]);
    this.note = h("span", { class: "small muted", role: "status" });
    this.button = h("button", { type: "button", class: "button", click: () => this.#make() }, t(`downloads.${kind}`), this.format);
    this.element = h("span", { class: "made" }, this.button, this.note);
  }

  /** @param {object} artifact as the server has it */
  know(artifact) {
    const spoken = artifact.language ?? language;
    if (artifact.state === "ready" && spoken === language) this.#offer(artifact);
    else if (artifact.state === "waiting" || artifact.state === "running") this.#follow(artifact).catch(() => this.#fail());
  }

  async #make() {
    this.button.disabled = true;
    try {
      const wanted = SPOKEN.has(this.kind) ? { kind: this.kind, language } : { kind: this.kind };
      await this.#follow(await post(`${this.base}/artifacts`, wanted), true);
    } catch (problem) {
      this.#fail(problem.message);
    }
  }

  async #follow(begun, wanted = false) {
    let artifact = begun;
    this.button.disabled = true;
    while (artifact.state === "waiting" || artifact.state === "running") {
      this.note.textContent = t("downloads.making", { share: percent(artifact.percent / 100) });
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      artifact = (await ask(`${this.base}/artifacts`)).items.find(({ kind }) => kind === this.kind);
    }
    if (artifact.state !== "ready") return this.#fail(artifact.error?.detail);
    const offered = this.#offer(artifact);
    if (wanted) offered.click();
  }

  #offer(artifact) {
    const offered = h("a", { class: "button", href: local(artifact.links.self), download: "" }, t(`downloads.${this.kind}`), this.format);
    this.element.replaceChildren(offered, this.note);
    this.note.textContent = "";
    return offered;
  }

  #fail(detail = "") {
    this.button.disabled = false;
    this.note.textContent = `${t("downloads.failed")} ${detail}`;
  }
}

customElements.define("mien-downloads", MienDownloads);
