/** Instead of a report: what is in the way, and what to do about it. */

import { facts, h } from "./dom.js";
import { signInHere } from "./shell.js";
import { has, t } from "./text.js";

/**
 * @param {import("./api.js").Problem} problem
 * @returns {HTMLElement}
 */
export function troubleOf(problem) {
  if (problem.status === 401) return signedOut();
  if (problem.status === 404) return card("missing", home());
  if (problem.status === 410) return card("erased", home());
  if (problem.status === 0) return card("offline", again());
  return card("server", facts([[t("trouble.code"), h("code", null, problem.code)], [t("trouble.detail"), problem.message]]), again());
}

/** @param {object} job one that ended without a result */
export function endOf(job) {
  if (job.state !== "failed") return card(job.state, home());
  const { code, detail } = job.error ?? { code: "internal_error", detail: "" };
  const todo = has(`todo.${code}`) ? t(`todo.${code}`) : t("todo.other");
  return card(
    "failed",
    facts([
      [t("trouble.detail"), detail],
      [t("trouble.todo"), todo],
      [t("trouble.code"), h("code", { class: "code" }, code)],
    ]),
    home(),
  );
}

function signedOut() {
  const go = h("p", { class: "buttons" }, h("a", { class: "button strong", href: signInHere() }, t("nav.in")));
  return card("signed-out", go, h("p", { class: "muted" }, t("trouble.signed-out.after")), h("pre", null, h("code", null, "./mien login")));
}

function card(kind, ...more) {
  const words = has(`trouble.${kind}`) ? h("p", { class: "lead" }, t(`trouble.${kind}`)) : null;
  return h("section", { class: `card trouble ${kind}`, role: "alert" }, h("h1", null, t(`trouble.${kind}.title`)), words, ...more);
}

const home = () => h("p", { class: "buttons" }, h("a", { class: "button", href: "/" }, t("trouble.home")));
const again = () => h("p", { class: "buttons" }, h("button", { type: "button", class: "button", click: () => location.reload() }, t("trouble.again")));
