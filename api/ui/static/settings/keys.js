/** Keys of a workspace: who may ask, and for what. */

import { Problem } from "../common/api.js";
import { h } from "../common/dom.js";
import { moment } from "../common/format.js";
import { confirmed } from "../common/question.js";
import { signInHere } from "../common/shell.js";
import { t } from "../common/text.js";
import { createKey, listKeys, revokeKey, rotateKey, serverNow } from "./api.js";
import { filled, shown } from "./dialogs.js";
import { badge, button, checks, choice, control, line, refill, teller } from "./parts.js";
import { readWorkspaces, workspaceChoice } from "./workspaces.js";

const SCOPES = ["jobs:read", "jobs:write", "webhooks", "admin"];
const USUAL = new Set(["jobs:read", "jobs:write"]);
const OVERLAPS_S = ["0", "3600", "86400", "604800"];

/** @param {{session: object}} about */
export async function showKeys({ session }) {
  const workspaces = await readWorkspaces(session);
  const list = h("ul", { class: "rows", tabindex: "-1" });
  const ended = h("ul", { class: "rows" });
  const summary = h("summary");
  const past = h("details", { class: "past" }, summary, ended);
  const told = teller();
  const draw = async () => {
    const [keys, nowMs] = await Promise.all([listKeys(workspaces.present.id), serverNow()]);
    const rows = keys.map((key) => ({ state: stateOf(key, nowMs), key }));
    const [good, over] = [rows.filter(({ state }) => state === "active"), rows.filter(({ state }) => state !== "active")];
    refill(list, good.length ? good.map((row) => keyRow(row, session, told, draw)) : [h("li", { class: "empty muted" }, t("settings.keys.empty"))]);
    ended.replaceChildren(...over.map((row) => keyRow(row, session, told, draw)));
    summary.textContent = t("settings.keys.past", { n: over.length });
    past.hidden = over.length === 0;
  };
  const change = async () => {
    workspaces.present = (await readWorkspaces(session)).present;
    await draw().catch(told.complain);
  };
  const create = button({ words: t("settings.keys.create"), kind: "strong", act: told.tried(() => make(workspaces.present, draw)) });
  await draw();
  const head = h("div", { class: "head" }, h("div", null, h("h2", null, t("settings.tab.keys")), h("p", { class: "muted" }, t("settings.keys.lead"))), create);
  return [h("section", { class: "card" }, head, workspaceChoice(workspaces, change), told.element, list, past)];
}

function stateOf(key, nowMs) {
  if (key.revoked_at) return "revoked";
  return key.expires_at && Date.parse(key.expires_at) <= nowMs ? "expired" : "active";
}

function keyRow({ key, state }, session, told, draw) {
  const own = key.id === session.key_id ? badge("own", t("settings.keys.own")) : null;
  const title = h("p", { class: "row-title" }, h("b", null, key.name), badge(state, t(`settings.keys.${state}`)), own);
  const scopes = h("p", { class: "codes" }, ...key.scopes.map((scope) => h("code", null, scope)));
  const times = line(
    t("settings.keys.created", { when: moment(key.created_at) }),
    key.last_used_at ? t("settings.keys.used", { when: moment(key.last_used_at) }) : t("settings.keys.unused"),
    key.expires_at ? t("settings.keys.ends", { when: moment(key.expires_at) }) : null,
    key.revoked_at ? t("settings.keys.ended", { when: moment(key.revoked_at) }) : null,
  );
  const words = h("div", { class: "row-words" }, title, scopes, times, h("p", { class: "small" }, h("code", { class: "id" }, key.id)));
  return h("li", { class: "row" }, words, state === "active" ? actions(key, session, told, draw) : null);
}

function actions(key, session, told, draw) {
  const { name } = key;
  const rotate = told.tried(() => renew(key, draw));
  const revoke = told.tried(() => end(key, session, draw));
  return h(
    "div",
    { class: "row-acts" },
    button({ id: `${key.id} rotate`, words: t("settings.keys.rotate"), label: t("settings.keys.rotate.of", { name }), act: rotate }),
    button({ id: `${key.id} revoke`, words: t("settings.keys.revoke"), label: t("settings.keys.revoke.of", { name }), act: revoke }),
  );
}

async function make(workspace, draw) {
  const made = await filled({
    title: t("settings.keys.create"),
    text: t("settings.keys.create.for", { workspace: workspace.name }),
    fields: [
      control(t("settings.keys.name"), h("input", { class: "field", id: "name", name: "name", required: true, maxlength: 100, autocomplete: "off" }), t("settings.keys.name.hint")),
      checks("scopes", t("settings.keys.scopes"), SCOPES.map((value) => ({ value, words: t(`settings.scope.${value}`), checked: USUAL.has(value) }))),
      control(t("settings.keys.expires"), h("input", { class: "field", id: "expires", name: "expires", type: "date", min: tomorrow() }), t("settings.keys.expires.hint")),
    ],
    act: t("settings.keys.create"),
    send: (form) => createKey({ workspace_id: workspace.id, name: form.get("name"), scopes: scopesIn(form), expires_at: endOf(form.get("expires")) }),
  });
  if (!made) return;
  await showKey(made);
  await draw();
}

async function renew(key, draw) {
  const choices = OVERLAPS_S.map((seconds) => [seconds, t(`settings.overlap.${seconds}`)]);
  const made = await filled({
    title: t("settings.keys.rotate.of", { name: key.name }),
    text: t("settings.keys.rotate.text"),
    fields: [control(t("settings.keys.overlap"), choice("overlap", choices, "86400"), t("settings.keys.overlap.hint"))],
    act: t("settings.keys.rotate"),
    send: (form) => rotateKey(key.id, Number(form.get("overlap"))),
  });
  if (!made) return;
  await showKey(made);
  await draw();
}

async function end(key, session, draw) {
  const own = key.id === session.key_id ? ` ${t("settings.keys.revoke.own")}` : "";
  const words = { title: t("settings.keys.revoke.ask", { name: key.name }), text: t("settings.keys.revoke.text") + own, act: t("settings.keys.revoke") };
  if (!(await confirmed(words))) return;
  await revokeKey(key.id);
  if (own) location.assign(signInHere());
  else await draw();
}

const showKey = ({ name, key }) =>
  shown({ title: t("settings.keys.made", { name }), text: t("settings.once"), label: t("settings.keys.text"), secret: key });

function scopesIn(form) {
  const scopes = form.getAll("scopes");
  if (!scopes.length) throw new Problem(422, { code: "no_scope" });
  return scopes;
}

/** The end of a chosen day where the reader is. @param {string} day may be empty */
const endOf = (day) => (day ? new Date(`${day}T23:59:59`).toISOString() : null);

function tomorrow() {
  const day = new Date();
  day.setDate(day.getDate() + 1);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}
