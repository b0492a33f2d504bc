/**
 * The sentences of the pages, by key, in the reader's language.
 *
 * Each folder holds its own in text.<language>.js; a page says with `speak` which folders it
 * shows. A text is a string with {names} in braces, or a function where grammar asks for one.
 * The static parts of a page carry the attribute data-text with a key; English stands in the
 * page itself, so that it reads well before this module runs.
 */

/** Each in its own words, for those who look for it. */
export const LANGUAGES = { en: "English", ko: "한국어" };
const CHOICE = "mien.language";

/** What the reader chose, else the first language of the browser that we speak. */
export const language =
  [localStorage.getItem(CHOICE), ...(navigator.languages ?? [navigator.language])].map((tag) => tag?.slice(0, 2)).find((tag) => tag in LANGUAGES) ?? "en";

const texts = {};

/**
 * Learn the texts of some folders, and put them into the static parts of the page.
 * @param {...string} folders beside `common`
 */
export async function speak(...folders) {
  const modules = await Promise.all(["common", ...folders].map((folder) => import(`../${folder}/text.${language}.js`)));
  Object.assign(texts, ...modules.map((module) => module.default));
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const select of document.querySelectorAll("select.language")) offerLanguages(select);
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return typeof text === "function" ? text(values) : text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/**
 * @param {string} key
 * @returns {boolean} whether there is such a text
 */
export const has = (key) => key in texts;

function offerLanguages(select) {
  select.setAttribute("aria-label", t("language"));
  select.replaceChildren(...Object.entries(LANGUAGES).map(([tag, name]) => new Option(name, tag, false, tag === language)));
  select.addEventListener("change", () => {
    localStorage.setItem(CHOICE, select.value);
    location.reload();
  });
}
