/** Who works, and what waits, kept up to date while one looks at it. */

import { h } from "../common/dom.js";
import { moment, number, span } from "../common/format.js";
import { t } from "../common/text.js";
import { getQueue, listWorkers, serverNow } from "./api.js";
import { ago, badge, every, line, teller } from "./parts.js";

const LOOK_MS = 4000;
const GONE_S = 60; // it says every ten seconds that it is there

/** @param {{signal: AbortSignal}} about */
export async function showWorkers({ signal }) {
  const queue = h("div");
  const workers = h("ul", { class: "rows" });
  const told = teller();
  const draw = async () => {
    const [figures, seen, nowMs] = await Promise.all([getQueue(), listWorkers(), serverNow()]);
    const rows = seen.map((worker) => ({ worker, silent: (nowMs - Date.parse(worker.seen_at)) / 1000 }));
    const alive = rows.filter(({ silent }) => silent <= GONE_S).map(({ worker }) => worker);
    queue.replaceChildren(tiles(figures), waiting(figures, alive));
    workers.replaceChildren(...(rows.length ? rows.map(workerRow) : [h("li", { class: "empty muted" }, t("settings.workers.empty"))]));
    told.tell("");
  };
  await draw();
  every(LOOK_MS, () => draw().catch(refused(told)), signal);
  const lead = h("p", { class: "muted" }, t("settings.workers.lead"));
  return [
    h("section", { class: "card" }, h("h2", null, t("settings.queue")), lead, told.element, queue),
    h("section", { class: "card" }, h("h2", null, t("settings.workers")), workers),
  ];
}

const refused = (told) => (problem) => {
  told.complain(problem);
  throw problem;
};

function tiles({ open_jobs: jobs, leased_steps: leased, overdue_leases: overdue, due_deliveries: due, disabled_endpoints: disabled }) {
  const open = Object.values(jobs).reduce((sum, { count }) => sum + count, 0);
  const shown = [
    ["open", open],
    ["leased", leased],
    ["overdue", overdue, overdue > 0],
    ["due", due.count, due.oldest_s > 900],
    ["disabled", disabled, disabled > 0],
  ];
  const tile = ([name, count, bad]) => h("div", { class: bad ? "tile bad" : "tile" }, h("dt", null, t(`settings.tile.${name}`)), h("dd", null, number(count)));
  return h("dl", { class: "tiles" }, ...shown.map(tile));
}

/** Classes for which something waits, and those that somebody serves. */
function waiting({ waiting_by_class: byClass }, alive) {
  const served = alive.flatMap(({ classes }) => classes);
  const names = [...new Set([...Object.keys(byClass), ...served])].sort();
  const cells = ["class", "waiting", "oldest", "served"].map((name) => h("th", { scope: "col" }, t(`settings.queue.${name}`)));
  const rows = names.map((name) => classRow(name, byClass[name] ?? { count: 0, oldest_s: 0 }, serversOf(name, served)));
  if (!rows.length) return h("p", { class: "muted empty" }, t("settings.queue.empty"));
  return h("div", { class: "scroll" }, h("table", { class: "classes" }, h("thead", null, h("tr", null, ...cells)), h("tbody", null, ...rows)));
}

/** `auto` is work that both processors and graphics cards take. */
const serversOf = (name, served) => served.filter((each) => each === name || (name === "auto" && (each === "cpu" || each === "gpu"))).length;

function classRow(name, { count, oldest_s: oldest }, servers) {
  const who = servers || count === 0 ? number(servers) : badge("dead", t("settings.queue.nobody"));
  const first = h("th", { scope: "row" }, h("code", null, name), h("span", { class: "muted small" }, ` ${t(`settings.class.${name}`)}`));
  return h("tr", null, first, h("td", null, number(count)), h("td", null, count ? span(Math.round(oldest)) : "–"), h("td", null, who));
}

function workerRow({ worker, silent }) {
  const state = silent > GONE_S ? badge("dead", t("settings.workers.gone")) : badge("delivered", t("settings.workers.alive"));
  const title = h("p", { class: "row-title" }, h("b", null, worker.name), state);
  const classes = h("p", { class: "codes" }, ...worker.classes.map((name) => h("code", null, name)));
  const facts = line(
    t("settings.workers.seen", { ago: ago(silent) }),
    t("settings.workers.version", { version: worker.version }),
    t("settings.workers.engine", { engine: worker.engine, n: worker.analysers }),
    t("settings.workers.leases", { n: worker.leases }),
    t("settings.workers.since", { when: moment(worker.started_at) }),
  );
  return h("li", { class: "row" }, h("div", { class: "row-words" }, title, classes, facts));
}
