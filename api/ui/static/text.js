/**
 * Every sentence of the pages, by key, in each language.
 *
 * A text is a string with {names} in braces, or a function where grammar asks for one. The
 * static parts of a page carry the attribute data-text with a key; English stands in the page
 * itself, so that it reads well before this module runs.
 */

import { en } from "./text.en.js";
import { ko } from "./text.ko.js";

const TEXTS = { en, ko };

/** The first language of the reader that we speak. */
export const language = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2)).find((tag) => tag in TEXTS) ?? "en";

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string} the text, in English where the reader's language lacks it
 */
export function t(key, values = {}) {
  const text = TEXTS[language][key] ?? en[key] ?? key;
  return typeof text === "function" ? text(values) : text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/**
 * @param {string} key
 * @returns {boolean} whether there is such a text
 */
export const has = (key) => key in en;

/** Put the reader's language into the static parts of the page. */
export function translatePage() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
}
