/** The log of deliveries: what was sent, every attempt, and sending it again. */

import { h } from "../common/dom.js";
import { moment } from "../common/format.js";
import { t } from "../common/text.js";
import { listDeliveries, redeliver } from "./api.js";
import { badge, brief, button, choice, every, line, refill, teller } from "./parts.js";

const STATES = ["delivered", "ready", "leased", "dead", "canceled"];
const LOOK_MS = 3000;
const PAGE = 20;
const MOST = 200; // as many as the API gives at once

/** @param {AbortSignal} signal ends the watching */
export function deliveryLog(signal) {
  const list = h("ul", { class: "rows deliveries", tabindex: "-1" });
  const filters = h("div", { class: "filters" });
  const told = teller();
  const wanted = { endpoint_id: "", state: "", limit: PAGE };
  const drawn = new Map();
  const urls = new Map();
  const more = button({ words: t("settings.log.more"), act: () => grow() });

  async function refresh() {
    const { items, next_cursor: next } = await listDeliveries(wanted);
    const rows = items.map((delivery) => rowOf(delivery, { drawn, urls, told, refresh }));
    const nothing = wanted.endpoint_id || wanted.state ? "settings.log.none" : "settings.log.empty";
    more.hidden = next === null || wanted.limit >= MOST;
    const children = rows.length ? rows : [h("li", { class: "empty muted" }, t(nothing))];
    if (children.length !== list.children.length || children.some((row, index) => row !== list.children[index])) refill(list, children);
  }
  const look = () => refresh().catch(told.complain);
  const grow = () => {
    wanted.limit = Math.min(wanted.limit + PAGE, MOST);
    return look();
  };
  const narrow = (name) => (value) => {
    wanted[name] = value;
    look();
  };
  function know(endpoints) {
    urls.clear();
    for (const { id, url } of endpoints) urls.set(id, url);
    if (!endpoints.some(({ id }) => id === wanted.endpoint_id)) wanted.endpoint_id = "";
    const states = [["", t("settings.log.any")], ...STATES.map((state) => [state, t(`settings.delivery.${state}`)])];
    const places = [["", t("settings.log.all")], ...endpoints.map(({ id, url }) => [id, url])];
    filters.replaceChildren(
      filter("endpoint_id", t("settings.log.endpoint"), places, wanted.endpoint_id, narrow("endpoint_id")),
      filter("state", t("settings.log.state"), states, wanted.state, narrow("state")),
    );
  }
  async function show() {
    await refresh();
    every(LOOK_MS, refresh, signal);
  }
  const head = [h("h2", null, t("settings.log.title")), h("p", { class: "muted" }, t("settings.log.lead"))];
  return { element: h("section", { class: "card" }, ...head, filters, told.element, list, more), know, refresh, show };
}

const filter = (id, label, choices, chosen, onChange) => h("div", { class: "control" }, h("label", { for: id }, label), choice(id, choices, chosen, onChange));

/** The row as it stands, while nothing about the delivery changes; else a new one, open if the old one was. */
function rowOf(delivery, page) {
  const { drawn, urls } = page;
  const before = drawn.get(delivery.id);
  const content = JSON.stringify([delivery, urls.get(delivery.endpoint_id)]);
  if (before?.content === content) return before.row;
  const row = newRow(delivery, page);
  row.firstChild.open = before?.row.firstChild.open ?? false;
  drawn.set(delivery.id, { content, row });
  return row;
}

function newRow(delivery, { urls, told, refresh }) {
  const { id, attempts, endpoint_id: endpoint, job_id: job } = delivery;
  const last = attempts.at(-1);
  const place = endpoint ? (urls.get(endpoint) ?? t("settings.log.gone")) : t("settings.log.job");
  const answer = last ? t("settings.log.last", { status: last.status ?? last.error, n: attempts.length }) : null;
  const words = h("span", { class: "row-words" }, h("b", null, delivery.event_type), h("span", { class: "muted small" }, [place, moment(delivery.created_at), answer].filter(Boolean).join(" · ")));
  const again = async () => {
    await redeliver(id);
    await refresh();
  };
  const resend = button({ id: `${id} again`, words: t("settings.log.again"), act: told.tried(again, t("settings.log.sent")) });
  const details = [
    attempts.length ? h("ol", { class: "attempts" }, ...attempts.map(attemptRow)) : h("p", { class: "muted" }, t("settings.log.unsent")),
    delivery.next_attempt_at && attempts.length ? line(t("settings.log.next", { when: moment(delivery.next_attempt_at) })) : null,
    h("p", { class: "small" }, h("code", { class: "id" }, delivery.event_id), job ? h("a", { href: `/jobs/${job}` }, t("settings.log.report")) : null),
    ["delivered", "dead", "ready"].includes(delivery.state) ? h("p", { class: "buttons" }, resend) : null,
  ];
  const summary = h("summary", { "data-id": id }, words, badge(delivery.state, t(`settings.delivery.${delivery.state}`)));
  return h("li", { class: "delivery" }, h("details", null, summary, ...details.filter(Boolean)));
}

function attemptRow({ number: n, at, status, error, latency_s: latency, answer }) {
  const outcome = badge(status >= 200 && status < 300 ? "delivered" : "dead", String(status ?? error));
  const time = h("span", { class: "muted small" }, t("settings.log.attempt", { n, when: moment(at), latency: brief(latency) }));
  return h("li", null, h("p", { class: "row-title" }, outcome, time), answer ? h("pre", null, answer) : null);
}
