/** The numbers of recordings beside each other, with the difference in words that need no colour. */

import { h } from "../common/dom.js";
import { EMOTIONS, swatch } from "../common/emotions.js";
import { number, percent, signed } from "../common/format.js";
import { t } from "../common/text.js";

/**
 * What can be said of one result, by name: its value, how it is written, and how a difference is.
 * @type {Record<string, {of: (result: object) => number | null, write: (value: number) => string, change: (value: number) => string}>}
 */
export const MEASURES = {
  score: { of: ({ score }) => score.value, write: (value) => number(value, 1), change: (value) => signed(value, 1) },
  moments: { of: ({ moments, score }) => (score.value === null ? null : moments.length), write: number, change: signed },
  face: { of: ({ coverage }) => coverage.ratio, write: (value) => percent(value), change: points },
  ...Object.fromEntries(EMOTIONS.map((emotion) => [emotion, { of: ({ emotions }) => emotions[emotion] ?? null, write: (value) => percent(value, 1), change: points }])),
};

/** @param {string} name of a measure @returns {string} */
export const nameOf = (name) => (EMOTIONS.includes(name) ? t(`emotion.${name}`) : t(`measure.${name}`));

/** @param {number | null} value @param {string} name of a measure */
export const written = (value, name) => (value === null ? "–" : MEASURES[name].write(value));

/**
 * @param {object[]} results two of them
 * @param {string[]} names of the columns
 * @returns {HTMLElement}
 */
export function figures(results, names) {
  const row = (name) => {
    const [first, second] = results.map(MEASURES[name].of);
    const change = first === null || second === null ? "–" : MEASURES[name].change(second - first);
    return h("tr", null, h("th", { scope: "row" }, EMOTIONS.includes(name) && swatch(name), ` ${nameOf(name)}`), h("td", null, written(first, name)), h("td", null, written(second, name)), h("td", null, change));
  };
  const heads = [t("pair.measure"), ...names, t("pair.change")].map((words) => h("th", { scope: "col" }, words));
  return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": t("pair.figures") }, h("table", { class: "figures" }, h("thead", null, h("tr", null, ...heads)), h("tbody", null, ...Object.keys(MEASURES).map(row))));
}

function points(value) {
  return t("pair.points", { n: signed(100 * value, 1) });
}
