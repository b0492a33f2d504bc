/** What the sections of the settings are put together from. */

import { h } from "../common/dom.js";
import { has, language, t } from "../common/text.js";
import { troubleOf } from "../common/trouble.js";

const STEPS = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** What a problem means here, and what to do. @param {import("../common/api.js").Problem} problem */
export function wordsOf(problem) {
  if (problem.status === undefined) console.error(problem);
  if (has(`settings.error.${problem.code}`)) return t(`settings.error.${problem.code}`, { detail: problem.message });
  return t("settings.error.other", { detail: problem.message || t("trouble.server.title"), code: problem.code });
}

/**
 * A label with its field, a hint, and nothing to guess.
 * @param {string} label
 * @param {HTMLElement} field with an id
 * @param {string} [hint]
 */
export function control(label, field, hint) {
  if (hint) field.setAttribute("aria-describedby", `${field.id}-hint`);
  const words = hint ? h("p", { class: "hint", id: `${field.id}-hint` }, hint) : null;
  return h("div", { class: "control" }, h("label", { for: field.id }, label), field, words);
}

/**
 * Boxes to tick, each with what it means.
 * @param {string} name
 * @param {string} legend
 * @param {Array<{value: string, words: string, checked?: boolean}>} boxes
 * @param {string} [hint]
 */
export function checks(name, legend, boxes, hint) {
  const rows = boxes.map(({ value, words, checked }) =>
    h("label", null, h("input", { type: "checkbox", name, value, checked }), h("span", null, h("code", null, value), ` ${words}`)),
  );
  return h("fieldset", { class: "checks" }, h("legend", null, legend), ...rows, hint ? h("p", { class: "hint" }, hint) : null);
}

/**
 * @param {string} id
 * @param {Array<[string, string]>} choices value and words
 * @param {string} chosen
 * @param {(value: string) => void} [onChange]
 */
export function choice(id, choices, chosen, onChange) {
  const options = choices.map(([value, words]) => new Option(words, value, false, value === chosen));
  const select = h("select", { id, name: id, change: (event) => onChange?.(event.target.value) });
  select.append(...options);
  return select;
}

/**
 * A button that does something slow once at a time.
 * @param {{id?: string, words: string, kind?: string, label?: string, act: () => Promise<void>}} about
 *   `id` finds it again after its list was drawn anew; `label` says of which thing it is.
 */
export function button({ id, words, kind = "small", label, act }) {
  async function press({ currentTarget: pressed }) {
    pressed.setAttribute("aria-disabled", "true");
    await act().finally(() => pressed.removeAttribute("aria-disabled"));
  }
  const guarded = (event) => event.currentTarget.hasAttribute("aria-disabled") || press(event);
  return h("button", { type: "button", class: `button ${kind}`, "data-id": id, "aria-label": label, click: guarded }, words);
}

/** @param {string} kind colours it @param {string} words */
export const badge = (kind, words) => h("span", { class: `badge is-${kind}` }, words);

/** Small facts on one line. @param {...(string | null)} parts */
export const line = (...parts) => h("p", { class: "muted small" }, parts.filter(Boolean).join(" · "));

/** Draw a list anew without taking the focus away from who is in it. @param {HTMLElement} list @param {Node[]} children */
export function refill(list, children) {
  const held = list.contains(document.activeElement) ? document.activeElement.dataset.id : undefined;
  list.replaceChildren(...children);
  if (held !== undefined) (list.querySelector(`[data-id="${CSS.escape(held)}"]`) ?? list).focus();
}

/** Tells of what was done and what went wrong, where a screen reader hears it. */
export function teller() {
  const said = h("p", { class: "said", role: "status" });
  const wrong = h("p", { class: "error", role: "alert" });
  const put = (done, failed) => {
    said.textContent = done;
    wrong.textContent = failed;
  };
  const complain = (problem) => problem.status === 401 ? leave(problem) : put("", wordsOf(problem));
  const tried = (work, words) => () => {
    put("", "");
    return work().then(() => put(words ?? "", ""), complain);
  };
  return { element: h("div", { class: "teller" }, said, wrong), tell: (words) => put(words, ""), complain, tried };
}

/** The session has ended meanwhile: say so in the place of what it may no longer see. */
function leave(problem) {
  document.querySelector("#panel").replaceChildren(troubleOf(problem));
}

/** How long an answer took. @param {number} seconds */
export function brief(seconds) {
  const [value, unit] = seconds < 1 ? [Math.round(seconds * 1000), "millisecond"] : [seconds, "second"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 }).format(value);
}

/** How long ago, in words. @param {number} seconds */
export function ago(seconds) {
  const [unit, size] = STEPS.find(([, each]) => seconds >= each) ?? STEPS.at(-1);
  return new Intl.RelativeTimeFormat(language, { numeric: "always" }).format(-Math.max(0, Math.floor(seconds / size)), unit);
}

/**
 * Do something now and then while this page is looked at.
 * @param {number} ms
 * @param {() => Promise<void>} work
 * @param {AbortSignal} signal ends it
 */
export function every(ms, work, signal) {
  const fail = (problem) => {
    if (problem.status !== 401 || signal.aborted) return; // anything else may pass
    clearInterval(timer);
    leave(problem);
  };
  const look = () => document.hidden || work().catch(fail);
  const timer = setInterval(look, ms);
  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener("abort", () => clearInterval(timer));
}
