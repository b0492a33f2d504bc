/** The settings: one section at a time, which the address names after its #. */

import { Problem } from "../common/api.js";
import { h } from "../common/dom.js";
import { currentSession, enter, signInHere } from "../common/shell.js";
import { speak, t } from "../common/text.js";
import { troubleOf } from "../common/trouble.js";
import { showKeys } from "./keys.js";
import { showLimits } from "./limits.js";
import { button, wordsOf } from "./parts.js";
import { showWebhooks } from "./webhooks.js";
import { showWorkers } from "./workers.js";

/** In their order: the scope that each needs, and what draws it. */
const SECTIONS = {
  keys: { scope: "admin", show: showKeys },
  webhooks: { scope: "webhooks", show: showWebhooks },
  limits: { scope: "admin", show: showLimits },
  workers: { scope: "admin", show: showWorkers },
};

const main = document.querySelector("main");
const tabs = document.querySelector(".tabs");
const panel = document.querySelector("#panel");
let present = new AbortController();

/** An admin may do what any scope permits, as the API has it. */
const may = (session, scope) => session.scopes.includes(scope) || session.scopes.includes("admin");

const firstFor = (session) => Object.keys(SECTIONS).find((name) => may(session, SECTIONS[name].scope)) ?? "keys";

function drawTabs(session) {
  tabs.setAttribute("aria-label", t("settings.sections"));
  const link = (name) => h("a", { href: `#${name}`, class: may(session, SECTIONS[name].scope) ? null : "closed" }, t(`settings.tab.${name}`));
  tabs.replaceChildren(...Object.keys(SECTIONS).map(link));
}

async function show(session) {
  const named = location.hash.slice(1);
  const name = named in SECTIONS ? named : firstFor(session);
  for (const tab of tabs.children) {
    if (tab.hash === `#${name}`) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
  document.title = t("settings.page", { section: t(`settings.tab.${name}`) });
  present.abort();
  present = new AbortController();
  await fill(name, session, present.signal);
}

async function fill(name, session, signal) {
  const { scope, show: draw } = SECTIONS[name];
  if (!may(session, scope)) return panel.replaceChildren(lacking(session, scope));
  panel.setAttribute("aria-busy", "true");
  panel.replaceChildren(h("p", { class: "muted", role: "status" }, t("settings.loading")));
  try {
    const content = await draw({ session, signal });
    if (!signal.aborted) panel.replaceChildren(...content);
  } catch (problem) {
    if (!signal.aborted) panel.replaceChildren(trouble(problem, () => fill(name, session, signal)));
  }
  panel.setAttribute("aria-busy", "false");
}

function lacking(session, scope) {
  const had = session.scopes.join(", ");
  const other = h("a", { class: "button strong", href: signInHere() }, t("settings.lacking.other"));
  const words = [h("p", null, t("settings.lacking", { scope })), h("p", { class: "muted" }, t("settings.lacking.had", { had }))];
  return h("section", { class: "card lacking" }, h("h2", null, t("settings.lacking.title")), ...words, h("p", { class: "buttons" }, other));
}

function trouble(problem, again) {
  if (problem.status === 401) return troubleOf(problem);
  const retry = button({ words: t("trouble.again"), kind: "", act: again });
  return h("section", { class: "card", role: "alert" }, h("h2", null, t("settings.failed")), h("p", null, wordsOf(problem)), h("p", { class: "buttons" }, retry));
}

async function open() {
  const asked = currentSession();
  enter(asked);
  const session = await asked;
  document.querySelector("#whose").textContent = t("settings.whose", { workspace: session.workspace });
  drawTabs(session);
  window.addEventListener("hashchange", () => show(session).then(() => panel.focus()));
  await show(session);
}

await speak("settings");
open()
  .catch((problem) => main.replaceChildren(troubleOf(problem instanceof Problem ? problem : new Problem(500, { detail: String(problem) }))))
  .finally(() => main.setAttribute("aria-busy", "false"));
