/** <mien-moments>: the stretches that cost points, each with its picture; choosing one shows it in the chart. */

import { local } from "../common/api.js";
import { swatch } from "../common/emotions.js";
import { h } from "../common/dom.js";
import { clock, number, percent, span } from "../common/format.js";
import { t } from "../common/text.js";

const SHOWN = 12;
const PICTURED = 50; // as many of the longest get a picture
const TRIES_MS = [2000, 3000, 5000, 10000];

export class MienMoments extends HTMLElement {
  /**
   * @param {object} result
   * @param {{fresh: boolean, onSelect: (number: number) => void}} how fresh: the pictures are only being made
   */
  show(result, { fresh, onSelect }) {
    const { moments } = result;
    const pictured = longest(moments);
    const rows = moments.map((moment, i) => row(moment, i, { picture: pictured.has(i) ? moment.thumbnail : null, fresh, onSelect }));
    this.list = h("ol", { class: "moments" }, ...rows.slice(0, SHOWN));
    this.replaceChildren(
      h("h2", null, t("moments.title")),
      h("p", { class: "muted small no-print" }, moments.length ? t("moments.hint") : t(result.score.value === null ? "moments.none.noscore" : "moments.none")),
      moments.length ? this.list : "",
      rows.length > SHOWN ? this.#more(rows) : "",
    );
  }

  #more(rows) {
    const open = (event) => {
      this.list.append(...rows.slice(SHOWN));
      rows[SHOWN].querySelector("button").focus();
      event.currentTarget.remove();
    };
    return h("button", { type: "button", class: "button plain", click: open }, t("moments.all", { n: number(rows.length) }));
  }

  /** Mark one as the chosen. @param {number} number */
  mark(number) {
    for (const button of this.querySelectorAll(".moment")) button.setAttribute("aria-current", String(button.dataset.number === String(number)));
  }
}

function longest(moments) {
  const order = moments.map((_, i) => i).sort((a, b) => moments[b].end_s - moments[b].start_s - moments[a].end_s + moments[a].start_s);
  return new Set(order.slice(0, PICTURED));
}

function row(moment, i, { picture, fresh, onSelect }) {
  const emotion = t(`emotion.${moment.emotion}`);
  const [start, end] = [clock(moment.start_s), clock(moment.end_s)];
  const button = h(
    "button",
    { type: "button", class: "moment", "data-number": i, title: t("moments.show", { emotion, start, end }), click: () => onSelect(i) },
    still(picture, fresh, t("moments.picture", { emotion, time: start })),
    h("span", { class: "moment-number" }, String(i + 1)),
    h(
      "span",
      { class: "moment-words" },
      h("span", { class: "moment-emotion" }, swatch(moment.emotion), ` ${emotion}`),
      h("span", { class: "moment-time" }, `${start} – ${end}`),
      h("span", { class: "muted small" }, `${span(moment.end_s - moment.start_s)} · ${t("moments.confidence", { value: percent(moment.confidence) })}`),
    ),
  );
  return h("li", null, button);
}

/** A picture, or words in its place until it is there. */
function still(address, fresh, words) {
  const note = h("span", { class: "still-words small" }, t(address ? "moments.waiting" : "moments.nopicture"));
  const box = h("span", { class: "still" }, note);
  const tries = fresh ? TRIES_MS.length : 1;
  if (address) setTimeout(() => load(box, note, local(address), words, tries), fresh ? TRIES_MS[0] : 0); // too early leaves errors in the console
  return box;
}

function load(box, note, address, words, tries, tried = 0) {
  const retry = () => {
    image.remove();
    if (tried < tries) setTimeout(() => load(box, note, address, words, tries, tried + 1), TRIES_MS[tried]);
    else note.textContent = t("moments.nopicture");
  };
  const image = h("img", { alt: words, loading: "lazy", load: () => note.remove(), error: retry, src: tried ? `${address}?try=${tried}` : address });
  box.append(image);
}

customElements.define("mien-moments", MienMoments);
