/** What stands around the chart's frame: the legend that is also a switch, the buttons, the line that says what is where. */

import { h } from "../common/dom.js";
import { EMOTIONS, swatch } from "../common/emotions.js";
import { clock, percent } from "../common/format.js";
import { t } from "../common/text.js";

const NAMED = 3; // expressions that the line below names

/**
 * @param {(emotion: string, shown: boolean) => void} onToggle
 * @returns {HTMLElement}
 */
export function legend(onToggle) {
  const flip = (button, emotion) => {
    const shown = button.getAttribute("aria-pressed") === "false";
    button.setAttribute("aria-pressed", String(shown));
    onToggle(emotion, shown);
  };
  const chip = (emotion) => h("button", { type: "button", class: "chip", "aria-pressed": "true", click: (event) => flip(event.currentTarget, emotion) }, swatch(emotion), t(`emotion.${emotion}`));
  return h("div", { class: "legend", role: "group", "aria-label": t("chart.series") }, ...EMOTIONS.map(chip));
}

/**
 * @param {import("./chart.js").MienChart} chart
 * @param {number} step how far one push pans, as a share of the view
 * @returns {{bar: HTMLElement, whole: HTMLButtonElement}} the buttons, and among them the one that shows everything
 */
export function tools(chart, step) {
  const button = (name, sign, act) => h("button", { type: "button", class: "tool", title: t(name), "aria-label": t(name), click: act }, sign);
  const whole = h("button", { type: "button", class: "tool wide", disabled: true, click: () => chart.zoom(0, chart.durationS) }, t("chart.all"));
  const stack = h("button", { type: "button", class: "tool wide", "aria-pressed": "false", click: () => flip() }, t("chart.stacked"));
  const flip = () => {
    const wanted = stack.getAttribute("aria-pressed") === "false";
    stack.setAttribute("aria-pressed", String(wanted));
    chart.stack(wanted);
  };
  const bar = h(
    "div",
    { class: "tools no-print" },
    stack,
    button("chart.earlier", "←", () => chart.pan(-step)),
    button("chart.later", "→", () => chart.pan(step)),
    button("chart.out", "−", () => chart.scale(2)),
    button("chart.in", "+", () => chart.scale(0.5)),
    whole,
  );
  return { bar, whole };
}

/**
 * What was seen at a time; how to use the chart where there is none.
 * @param {import("./timeline.js").Timeline} timeline
 * @param {number | null} seconds
 * @param {Set<string>} hidden emotions
 * @returns {Node[]}
 */
export function readout(timeline, seconds, hidden) {
  if (seconds === null || !timeline.times.length) {
    const hints = matchMedia("(hover: none)").matches ? [t("chart.hint.touch")] : [t("chart.hint"), t("chart.keys")];
    return [h("span", { class: "muted small" }, hints.join(" "))];
  }
  const at = timeline.at(seconds);
  const here = EMOTIONS.map((emotion, i) => [emotion, timeline.values[i][at]]);
  const strongest = here.filter(([emotion, value]) => value !== null && !hidden.has(emotion)).sort((a, b) => b[1] - a[1]);
  const words = strongest.slice(0, NAMED).map(([emotion, value]) => h("span", null, swatch(emotion), ` ${t(`emotion.${emotion}`)} ${percent(value)}`));
  const nobody = here[0][1] === null ? [h("span", null, t("chart.noface"))] : [];
  return [h("b", null, clock(timeline.times[at], 1)), ...words, ...nobody];
}

/** @param {"moment" | "gap"} kind */
export function key(kind) {
  return h("span", { class: "key small muted" }, h("i", { class: `key-${kind}`, "aria-hidden": "true" }), t(`chart.key.${kind}`));
}
