/** What an operator may ask of the API, with the session of this browser. */

import { ask } from "../common/api.js";

const json = { "Content-Type": "application/json" };
const post = (path, body) => ask(path, body === undefined ? { method: "POST" } : { method: "POST", headers: json, body: JSON.stringify(body) });
const remove = (path) => ask(path, { method: "DELETE" });
const itemsOf = async (path) => (await ask(path)).items;

export const listWorkspaces = () => itemsOf("/v1/admin/workspaces");
/** @param {string} id @param {Record<string, number | null>} limits only those that change */
export const limitWorkspace = (id, limits) => ask(`/v1/admin/workspaces/${id}`, { method: "PATCH", headers: json, body: JSON.stringify(limits) });
export const getRetention = () => ask("/v1/admin/retention");
export const listWorkers = () => itemsOf("/v1/admin/workers");
export const getQueue = () => ask("/v1/admin/queue");

/** @param {string} workspaceId */
export const listKeys = (workspaceId) => itemsOf(`/v1/admin/keys?workspace_id=${workspaceId}`);
/** @param {{workspace_id: string, name: string, scopes: string[], expires_at: string | null}} key */
export const createKey = (key) => post("/v1/admin/keys", key);
/** @param {string} id @param {number} overlapS for which the old secret is good */
export const rotateKey = (id, overlapS) => post(`/v1/admin/keys/${id}/rotate`, { overlap_s: overlapS });
/** @param {string} id */
export const revokeKey = (id) => remove(`/v1/admin/keys/${id}`);

export const listEndpoints = () => itemsOf("/v1/webhooks");
/** @param {{url: string, event_types: string[], description: string | null}} endpoint */
export const createEndpoint = (endpoint) => post("/v1/webhooks", endpoint);
/** @param {string} id @param {"test" | "rotate" | "enable" | "disable"} what */
export const actOnEndpoint = (id, what) => post(`/v1/webhooks/${id}/${what}`);
/** @param {string} id */
export const deleteEndpoint = (id) => remove(`/v1/webhooks/${id}`);
export const getWorkspaceSecret = () => ask("/v1/webhooks/secret");
export const rotateWorkspaceSecret = () => post("/v1/webhooks/secret/rotate");

/** @param {Record<string, string | number>} filter what is empty is left out */
export function listDeliveries(filter) {
  const given = Object.entries(filter).filter(([, value]) => value);
  return ask(`/v1/webhooks/deliveries?${new URLSearchParams(given)}`);
}
/** @param {string} id */
export const redeliver = (id) => post(`/v1/webhooks/deliveries/${id}/redeliver`);

/** The clock of the server, by which it says when a worker was seen: that of a browser may be wrong. */
export async function serverNow() {
  const answer = await fetch("/healthz");
  return Date.parse(answer.headers.get("date") ?? "") || Date.now();
}
