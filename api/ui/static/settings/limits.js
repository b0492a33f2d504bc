/** How long a workspace's recordings and results are kept, and how much it may have. */

import { h } from "../common/dom.js";
import { number } from "../common/format.js";
import { confirmed } from "../common/question.js";
import { t } from "../common/text.js";
import { getRetention, limitWorkspace } from "./api.js";
import { control, teller } from "./parts.js";
import { readWorkspaces, workspaceChoice } from "./workspaces.js";

const GIGABYTE = 1e9;

/** The fields of the form by group; `unit` is how many of the API's units one of the form's is. */
const GROUPS = {
  retention: [{ name: "video_retention_days", step: "any" }, { name: "result_retention_days", step: "any" }],
  limits: [
    { name: "max_open_jobs" },
    { name: "max_jobs_per_day" },
    { name: "max_running_segments" },
    { name: "max_stored_bytes", unit: GIGABYTE, step: "any" },
    { name: "requests_per_minute" },
  ],
};
const FIELDS = Object.values(GROUPS).flat();

/** @param {{session: object}} about */
export async function showLimits({ session }) {
  const [workspaces, retention] = await Promise.all([readWorkspaces(session), getRetention()]);
  const place = h("div");
  const draw = () => place.replaceChildren(formOf(workspaces.present, retention, saved));
  const saved = (workspace) => {
    workspaces.present = workspace;
  };
  const change = async () => {
    draw(); // at once: a form must not stand under the name of another workspace
    Object.assign(workspaces, await readWorkspaces(session));
    draw();
  };
  draw();
  const head = h("div", { class: "head" }, h("div", null, h("h2", null, t("settings.tab.limits")), h("p", { class: "muted" }, t("settings.limits.lead"))));
  return [h("section", { class: "card" }, head, workspaceChoice(workspaces, change), place)];
}

function formOf(workspace, retention, saved) {
  const told = teller();
  let { limits } = workspace;
  const groups = Object.entries(GROUPS).map(([group, fields]) =>
    h("fieldset", { class: "group" }, h("legend", null, t(`settings.group.${group}`)), ...fields.map((field) => fieldOf(field, limits, retention))),
  );
  const save = h("button", { class: "button strong" }, t("settings.limits.save"));
  async function submit(event) {
    event.preventDefault();
    const changes = changesIn(form, limits);
    if (!Object.keys(changes).length) return told.tell(t("settings.limits.same"));
    if (!(await agreed(changes, limits, retention))) return undefined;
    save.disabled = true;
    return told.tried(send, t("settings.limits.saved"))().finally(() => (save.disabled = false));
    async function send() {
      const changed = await limitWorkspace(workspace.id, changes);
      limits = changed.limits;
      saved(changed);
    }
  }
  const form = h("form", { class: "form", submit }, ...groups, told.element, h("p", { class: "buttons" }, save));
  return form;
}

function fieldOf({ name, unit = 1, step = "1" }, limits, retention) {
  const value = limits[name] === null ? "" : limits[name] / unit;
  const least = step === "any" ? undefined : 1;
  const placeholder = name in retention ? t("settings.limits.default", { n: number(retention[name]) }) : t("settings.limits.none");
  const input = h("input", { class: "field", id: name, name, type: "number", inputmode: "decimal", min: least ?? 0, step, value, placeholder });
  return control(t(`settings.limit.${name}`), input, t(`settings.limit-hint.${name}`));
}

/** What differs from what holds, in the API's units; an empty field takes a limit away. */
function changesIn(form, limits) {
  const wanted = FIELDS.map(({ name, unit = 1 }) => {
    const text = form.elements[name].value.trim();
    const value = text === "" ? null : Number(text) * unit;
    return [name, unit > 1 && value !== null ? Math.round(value) : value];
  });
  return Object.fromEntries(wanted.filter(([name, value]) => value !== limits[name]));
}

/** Keeping results for less time erases those that are older already, so that is asked first. */
async function agreed(changes, limits, retention) {
  if (!("result_retention_days" in changes)) return true;
  const [now, then] = [limits, changes].map((from) => from.result_retention_days ?? retention.result_retention_days);
  const words = { title: t("settings.limits.shorter.ask", { n: number(then, then % 1 ? 1 : 0) }), text: t("settings.limits.shorter"), act: t("settings.limits.save") };
  return then >= now || confirmed(words);
}
