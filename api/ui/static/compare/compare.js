/** The comparison page: two recordings side by side, or all of one reference over time. */

import { ask } from "../common/api.js";
import { h } from "../common/dom.js";
import { enter } from "../common/shell.js";
import { speak, t } from "../common/text.js";
import { troubleOf } from "../common/trouble.js";
import "./pair.js";
import "./runs.js";

const main = document.querySelector("main");
const asked = new URLSearchParams(location.search);
const MOST = 200; // jobs that are looked through for references

async function open() {
  const [jobs, reference] = [asked.getAll("job"), asked.get("reference")];
  if (jobs.length === 2) return show("pair", jobs);
  if (reference) return show("runs", reference);
  return offer(await references());
}

async function show(part, subject) {
  const element = document.createElement(`mien-${part}`);
  await element.load(subject);
  put(element);
  element.begin();
}

/** How often each reference occurs among the newest recordings. */
async function references() {
  const { items } = await ask(`/v1/jobs?state=succeeded&limit=${MOST}`);
  const counts = new Map();
  for (const { reference } of items) if (reference) counts.set(reference, (counts.get(reference) ?? 0) + 1);
  return [...counts];
}

function offer(counts) {
  const line = ([reference, n]) => h("li", null, h("a", { class: "button", href: `/compare?${new URLSearchParams({ reference })}` }, reference, h("span", { class: "format" }, t("compare.count", { n }))));
  put(
    h("header", { class: "heading" }, h("h1", null, t("compare.title")), h("p", { class: "lead" }, t("compare.lead"))),
    h(
      "section",
      { class: "card" },
      h("h2", null, t("compare.references")),
      counts.length ? h("ul", { class: "buttons" }, ...counts.map(line)) : h("p", { class: "muted" }, t("compare.none")),
      h("p", { class: "muted small" }, t("compare.two")),
      h("p", { class: "buttons" }, h("a", { class: "button strong", href: "/" }, t("trouble.home"))),
    ),
  );
}

function put(...children) {
  main.replaceChildren(...children);
  main.setAttribute("aria-busy", "false");
}

await speak("chart", "report", "compare");
enter();
open().catch((problem) => {
  if (problem.status === undefined) console.error(problem);
  put(troubleOf(problem));
});
