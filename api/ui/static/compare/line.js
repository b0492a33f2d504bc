/** A line of one measure over some runs; the table below it says the same in numbers. */

import { s } from "../common/dom.js";
import { number } from "../common/format.js";
import { t } from "../common/text.js";
import { nameOf, written } from "./figures.js";

const [WIDE, NARROW, HEIGHT] = [720, 340, 240];
const [LEFT, RIGHT, TOP, BOTTOM] = [48, 16, 16, 28];
const LABELLED = 12; // points that carry their value; more would cover each other
const GRID = 4;

/**
 * @param {(number | null)[]} values in the order of the runs
 * @param {{name: string, labels: string[]}} what the measure, and a title for each point
 * @returns {SVGElement}
 */
export function lineOf(values, { name, labels }) {
  const width = innerWidth < 640 ? NARROW : WIDE; // words keep their size on a phone
  const top = roundUp(Math.max(...values.filter((value) => value !== null), 0), name);
  const x = (i) => LEFT + ((width - LEFT - RIGHT) * (i + 0.5)) / values.length;
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const known = values.map((value, i) => ({ value, i })).filter(({ value }) => value !== null);
  const path = known.map(({ value, i }, at) => `${at ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  return s(
    "svg",
    { class: "runs", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": t("runs.label", { name: nameOf(name), n: values.length }) },
    ...Array.from({ length: GRID + 1 }, (_, i) => gridLine((top * i) / GRID, y, { name, width })),
    s("path", { class: "runs-path", d: path }),
    ...known.flatMap(({ value, i }) => point(x(i), y(value), { words: written(value, name), title: labels[i], labelled: known.length <= LABELLED, run: i + 1 })),
  );
}

function gridLine(value, y, { name, width }) {
  return s("g", null, s("line", { class: "runs-grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }), s("text", { class: "runs-tick", x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, written(value, name)));
}

function point(x, y, { words, title, labelled, run }) {
  const dot = s("circle", { class: "runs-dot", cx: x, cy: y, r: 5 }, s("title", null, `${title}: ${words}`));
  const below = s("text", { class: "runs-tick", x, y: HEIGHT - 8, "text-anchor": "middle" }, number(run));
  return labelled ? [dot, s("text", { class: "runs-value", x, y: y < TOP + 20 ? y + 20 : y - 10, "text-anchor": "middle" }, words), below] : [dot];
}

/** The upper end of the axis: all of a share or a score, else a little above the largest. */
function roundUp(most, name) {
  if (name === "score") return 100;
  if (name === "moments") return Math.max(GRID, Math.ceil(most / GRID) * GRID);
  return most > 0.5 ? 1 : most > 0.2 ? 0.5 : 0.2;
}
