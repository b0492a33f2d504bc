/** <mien-workon>: the answer to "what should I work on", first thing: expressions to watch, and how to be filmed better. */

import { h } from "../common/dom.js";
import { swatch } from "../common/emotions.js";
import { clock, percent, span } from "../common/format.js";
import { t } from "../common/text.js";
import { lengthOf } from "./score.js";

const PLACES = 3; // moments that an item leads to

export class MienWorkon extends HTMLElement {
  /**
   * @param {object} result
   * @param {{onSelect: (number: number) => void}} how told of the moment that the reader wants to see
   */
  show(result, { onSelect }) {
    const items = [...expressions(result.moments, onSelect), ...picture(result)];
    this.replaceChildren(
      h("h2", null, t("workon.title")),
      items.length ? h("ol", { class: "workon" }, ...items) : h("p", null, t(result.score.value === null ? "workon.noscore" : "workon.none")),
    );
  }
}

/** One item per expression that cost points, the costliest first. */
function expressions(moments, onSelect) {
  const numbered = moments.map((moment, number) => ({ ...moment, number }));
  const groups = Object.values(grouped(numbered));
  return groups.sort((a, b) => lengthOf(b) - lengthOf(a)).map((group) => expression(group, onSelect));
}

function expression(group, onSelect) {
  const [{ emotion }] = group;
  const longest = [...group].sort((a, b) => b.end_s - b.start_s - (a.end_s - a.start_s)).slice(0, PLACES);
  const places = longest.map((moment) => h("button", { type: "button", class: "tool", "aria-label": t("workon.see", { emotion: t(`emotion.${emotion}`), time: clock(moment.start_s) }), click: () => onSelect(moment.number) }, `▸ ${clock(moment.start_s)}`));
  return h(
    "li",
    null,
    h("p", null, h("b", null, swatch(emotion), ` ${t(`emotion.${emotion}`)}`), ` · ${t("workon.often", { n: group.length, length: span(lengthOf(group)) })}`),
    h("p", { class: "muted small" }, t(`tip.${emotion}`)),
    h("p", { class: "tools" }, ...places),
  );
}

/** What would make the next recording easier to read, as the result advises. */
function picture({ quality }) {
  return (quality?.advice ?? []).map((code) => h("li", null, h("p", null, h("b", null, t("quality.title")), ` · ${t(`advice.${code}`, { share: percent(quality[code]) })}`)));
}

function grouped(moments) {
  const groups = {};
  for (const moment of moments) (groups[moment.emotion] ??= []).push(moment);
  return groups;
}

customElements.define("mien-workon", MienWorkon);
