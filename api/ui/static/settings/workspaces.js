/** Which workspace is looked after: that of the session, unless an operator chooses another. */

import { h } from "../common/dom.js";
import { t } from "../common/text.js";
import { listWorkspaces } from "./api.js";
import { choice } from "./parts.js";

let chosen = null;

/** All workspaces, and the chosen one. @param {{workspace_id: string}} session */
export async function readWorkspaces(session) {
  const all = await listWorkspaces();
  const wanted = chosen ?? session.workspace_id;
  return { all, present: all.find(({ id }) => id === wanted) ?? all[0] };
}

/**
 * The choice among workspaces; nothing where there is but one.
 * @param {{all: object[], present: object}} workspaces
 * @param {() => void} onChange
 */
export function workspaceChoice(workspaces, onChange) {
  if (workspaces.all.length < 2) return null;
  const change = (wanted) => {
    chosen = wanted;
    workspaces.present = workspaces.all.find(({ id }) => id === wanted); // at once: what is done next is done to this one
    onChange();
  };
  const select = choice("workspace", workspaces.all.map(({ id, name }) => [id, name]), workspaces.present.id, change);
  return h("div", { class: "control narrow" }, h("label", { for: "workspace" }, t("settings.workspace")), select);
}
