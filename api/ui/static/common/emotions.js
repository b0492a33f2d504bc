/** The seven expressions: their order and how they look. */

import { h } from "./dom.js";

/** In the order of the model's labels. */
export const EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];

/** Expressions that cost nothing are drawn dashed, so that colour is not the only difference. */
export const DASHES = { happy: [8, 3], sad: [3, 3], neutral: [1.5, 3.5] };

/**
 * The colours of the present scheme, as the style sheet sets them.
 * @returns {Record<string, string>}
 */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  const names = [...EMOTIONS, "text", "muted", "line", "card", "gap", "accent"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** A short piece of the line of an emotion. @param {string} emotion */
export function swatch(emotion) {
  return h("i", { class: `swatch ${emotion in DASHES ? "dashed" : ""} of-${emotion}`, "aria-hidden": "true" });
}
