/** The sign-in page: a key becomes a session, and the reader goes on to where they came from. */

import { ask } from "../common/api.js";
import { h } from "../common/dom.js";
import { moment } from "../common/format.js";
import { currentSession, enter } from "../common/shell.js";
import { has, speak, t } from "../common/text.js";

const KEY = /^mien_\S+$/;

const query = new URLSearchParams(location.search);
const form = document.querySelector("form");
const key = document.querySelector("#key");
const error = document.querySelector("#key-error");
const go = document.querySelector("#go");
const why = document.querySelector("#why");

/** Where to go on: a path of this server, whatever the address of this page asks for. */
function next() {
  const wanted = new URL(query.get("next") ?? "/", location.origin);
  return wanted.origin === location.origin ? wanted.pathname + wanted.search + wanted.hash : "/";
}

/** By a cookie that says no more than that; most who come here have no session, and need not be refused one. */
const maybeSignedIn = () => document.cookie.split("; ").includes("mien_signed_in=1");

function explain() {
  const reason = query.get("why");
  if (!reason || !has(`signin.why.${reason}`)) return;
  const title = reason === "link" ? h("h2", null, t("trouble.link.title")) : null;
  why.append(h("div", { class: "notice" }, title, h("p", null, t(`signin.why.${reason}`))));
}

function greet(session) {
  if (!session) return;
  const words = t("signin.already", { workspace: session.workspace, when: moment(session.expires_at) });
  why.replaceChildren(h("div", { class: "notice" }, h("p", null, words), h("p", null, h("a", { href: next() }, t("signin.on")))));
}

function refuse(reason, values) {
  error.textContent = t(`signin.error.${reason}`, values);
  key.setAttribute("aria-invalid", "true");
  key.focus();
}

function accept() {
  error.textContent = "";
  key.removeAttribute("aria-invalid");
}

/** As it was copied: out of a header, a shell or a mail, with what stands around it there. */
const pasted = () => key.value.trim().replace(/^bearer\s+/i, "").replace(/^["']|["']$/g, "");

async function signIn(event) {
  event.preventDefault();
  const text = pasted();
  if (!text) return refuse("empty");
  if (!KEY.test(text)) return refuse("shape");
  accept();
  go.disabled = true;
  try {
    await ask("/v1/sessions", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key: text }) });
    location.replace(next());
  } catch (problem) {
    go.disabled = false;
    refuse(has(`signin.error.${problem.code}`) ? problem.code : "other", { code: problem.code });
  }
}

function toggle({ currentTarget: show }) {
  const visible = key.type === "password";
  key.type = visible ? "text" : "password";
  show.setAttribute("aria-pressed", String(visible));
  show.textContent = t(visible ? "signin.hide" : "signin.show");
}

await speak("sign-in");
document.title = t("signin.page");
explain();
form.addEventListener("submit", signIn);
key.addEventListener("input", accept);
document.querySelector("#show").addEventListener("click", toggle);
key.focus();
enter(maybeSignedIn() ? currentSession() : Promise.resolve(null)).then(greet);
