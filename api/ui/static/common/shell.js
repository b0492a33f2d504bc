/** The head of a page: where one may go, and the way out. */

import { ask } from "./api.js";
import { h } from "./dom.js";
import { t } from "./text.js";

const OPERATES = new Set(["webhooks", "admin"]);
export const SIGN_IN = "/sign-in";

/** Whose session this browser has. Rejects with a Problem. */
export const currentSession = () => ask("/v1/sessions/current");

/** The address of the sign-in page, from which one comes back to this one. */
export const signInHere = () => `${SIGN_IN}?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`;

/**
 * Fill the head of this page; what depends on the session comes where nothing moves by it.
 * @param {Promise<object>} [asked] where the page asks for the session by itself
 * @returns {Promise<object | null>} the session; null without one, or when nobody answers
 */
export async function enter(asked = currentSession()) {
  const nav = document.querySelector(".top nav");
  nav.setAttribute("aria-label", t("nav.label"));
  nav.replaceChildren(place("/", t("nav.recordings")), place("/compare", t("nav.compare")));
  const out = h("button", { type: "button", class: "button plain unsure", click: signOut }, t("nav.out"));
  const slot = h("div", { class: "session" }, out);
  nav.after(slot);
  const session = await asked.catch(() => null);
  if (session?.scopes.some((scope) => OPERATES.has(scope))) nav.append(place("/settings", t("nav.settings")));
  if (session) out.classList.remove("unsure");
  else if (location.pathname !== SIGN_IN) slot.replaceChildren(h("a", { class: "button plain", href: signInHere() }, t("nav.in")));
  return session;
}

function place(path, words) {
  return h("a", { href: path, "aria-current": location.pathname === path && "page" }, words);
}

/** Also where the session has ended already, or where nobody answers: the page says how things stand. */
async function signOut() {
  await ask("/v1/sessions/current", { method: "DELETE" }).catch(() => {});
  location.assign(`${SIGN_IN}?why=out`);
}
