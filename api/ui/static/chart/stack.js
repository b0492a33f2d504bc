/** Areas that stand on each other: each column is the sum of those that are shown up to it. */

import { EMOTIONS } from "../common/emotions.js";

/**
 * @param {(number | null)[][]} columns times, then one column per emotion
 * @param {Set<string>} hidden
 * @returns {(number | null)[][]}
 */
export function stacked([times, ...columns], hidden) {
  let below = times.map(() => 0);
  const sums = columns.map((column, i) => {
    if (hidden.has(EMOTIONS[i])) return column;
    below = column.map((value, at) => (value === null ? null : value + below[at]));
    return below;
  });
  return [times, ...sums];
}

/**
 * Each area ends where the next lower one begins.
 * @param {Set<string>} hidden
 * @returns {{series: [number, number]}[]} pairs of upper and lower line, as uPlot numbers them
 */
export function bandsOf(hidden) {
  const shown = EMOTIONS.map((emotion, i) => [emotion, i + 1]).filter(([emotion]) => !hidden.has(emotion)).map(([, i]) => i);
  return shown.slice(1).map((upper, at) => ({ series: [upper, shown[at]] }));
}
