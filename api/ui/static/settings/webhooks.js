/** Webhooks: who is told, with which secret, and the log of what was sent. */

import { h } from "../common/dom.js";
import { moment } from "../common/format.js";
import { confirmed } from "../common/question.js";
import { t } from "../common/text.js";
import { actOnEndpoint, createEndpoint, deleteEndpoint, getWorkspaceSecret, listEndpoints, rotateWorkspaceSecret } from "./api.js";
import { deliveryLog } from "./deliveries.js";
import { filled, shown } from "./dialogs.js";
import { badge, button, checks, control, line, refill, teller } from "./parts.js";

const EVENTS = ["job.succeeded", "job.failed", "job.canceled", "job.erased", "batch.finished", "job.progress", "endpoint.disabled"];

/** @param {{signal: AbortSignal}} about */
export async function showWebhooks({ signal }) {
  const list = h("ul", { class: "rows", tabindex: "-1" });
  const told = teller();
  const log = deliveryLog(signal);
  const page = { told, log, draw };
  async function draw() {
    const endpoints = await listEndpoints();
    const rows = endpoints.map((endpoint) => endpointRow(endpoint, page));
    refill(list, rows.length ? rows : [h("li", { class: "empty muted" }, t("settings.hooks.empty"))]);
    log.know(endpoints);
  }
  await draw();
  await log.show();
  const create = button({ words: t("settings.hooks.create"), kind: "strong", act: told.tried(() => make(draw)) });
  const words = h("div", null, h("h2", null, t("settings.hooks.endpoints")), h("p", { class: "muted" }, t("settings.hooks.lead")));
  const endpoints = h("section", { class: "card" }, h("div", { class: "head" }, words, create), told.element, list);
  return [endpoints, log.element, secretOfWorkspace()];
}

function endpointRow(endpoint, page) {
  const title = h("p", { class: "row-title" }, h("b", null, endpoint.url), badge(endpoint.state, t(`settings.hooks.${endpoint.state}`)));
  const events = endpoint.event_types.length ? endpoint.event_types.map((type) => h("code", null, type)) : [h("span", { class: "muted small" }, t("settings.hooks.all"))];
  const why = endpoint.disabled_reason ? h("p", { class: "bad small" }, t("settings.hooks.why", { reason: endpoint.disabled_reason })) : null;
  const failing = endpoint.failing_since && endpoint.state === "active" ? t("settings.hooks.failing", { when: moment(endpoint.failing_since) }) : null;
  const facts = line(endpoint.description, t("settings.keys.created", { when: moment(endpoint.created_at) }), failing);
  const words = h("div", { class: "row-words" }, title, h("p", { class: "codes" }, ...events), why, facts);
  return h("li", { class: "row" }, words, h("div", { class: "row-acts" }, ...actions(endpoint, page)));
}

function actions({ id, url, state }, { told, log, draw }) {
  const act = (what, work, done) =>
    button({ id: `${id} ${what}`, words: t(`settings.hooks.${what}`), label: t("settings.hooks.of", { act: t(`settings.hooks.${what}`), url }), act: told.tried(work, done) });
  const change = (what) => async () => {
    await actOnEndpoint(id, what);
    await draw();
  };
  const test = async () => {
    await actOnEndpoint(id, "test");
    await log.refresh();
  };
  const usable = [act("test", test, t("settings.hooks.tested")), act("rotate", () => renew(id, url)), act("disable", change("disable"))];
  return [...(state === "active" ? usable : [act("enable", change("enable"))]), act("delete", () => forget(id, url, draw))];
}

async function make(draw) {
  const boxes = EVENTS.map((value) => ({ value, words: t(`settings.event.${value}`) }));
  const made = await filled({
    title: t("settings.hooks.create"),
    fields: [
      control(t("settings.hooks.url"), h("input", { class: "field", id: "url", name: "url", type: "url", required: true, maxlength: 2000, placeholder: "https://", autocomplete: "off" }), t("settings.hooks.url.hint")),
      control(t("settings.hooks.description"), h("input", { class: "field", id: "description", name: "description", maxlength: 200, autocomplete: "off" })),
      checks("events", t("settings.hooks.events"), boxes, t("settings.hooks.events.hint")),
    ],
    act: t("settings.hooks.create"),
    send: (form) => createEndpoint({ url: form.get("url"), description: form.get("description") || null, event_types: form.getAll("events") }),
  });
  if (!made) return;
  await showSecret(made.url, made.secret);
  await draw();
}

async function renew(id, url) {
  const words = { title: t("settings.hooks.rotate.ask"), text: t("settings.hooks.rotate.text"), act: t("settings.hooks.rotate") };
  if (await confirmed(words)) await showSecret(url, (await actOnEndpoint(id, "rotate")).secret);
}

async function forget(id, url, draw) {
  const words = { title: t("settings.hooks.delete.ask", { url }), text: t("settings.hooks.delete.text"), act: t("settings.hooks.delete") };
  if (!(await confirmed(words))) return;
  await deleteEndpoint(id);
  await draw();
}

const showSecret = (url, secret) =>
  shown({ title: t("settings.hooks.made", { url }), text: t("settings.once"), label: t("settings.hooks.secret"), secret });

/** What signs for addresses that come with a job; this one can be looked at again. */
function secretOfWorkspace() {
  const told = teller();
  const look = async (secret) => shown({ title: t("settings.own-secret"), text: t("settings.own-secret.again"), label: t("settings.hooks.secret"), secret });
  const read = async () => look((await getWorkspaceSecret()).secret);
  const rotate = async () => {
    const words = { title: t("settings.hooks.rotate.ask"), text: t("settings.hooks.rotate.text"), act: t("settings.hooks.rotate") };
    if (await confirmed(words)) await look((await rotateWorkspaceSecret()).secret);
  };
  const buttons = [["settings.own-secret.show", read], ["settings.hooks.rotate", rotate]].map(([words, work]) => button({ words: t(words), act: told.tried(work) }));
  return h("section", { class: "card" }, h("h2", null, t("settings.own-secret")), h("p", { class: "muted" }, t("settings.own-secret.lead")), told.element, h("p", { class: "buttons" }, ...buttons));
}
