/** The HTTP contract as the pages use it, with the session cookie of this browser. */

const OVER = new Set(["succeeded", "failed", "canceled", "erased"]);

/** @param {{state: string}} job */
export const isOver = (job) => OVER.has(job.state);

/** An answer that is not a success: the problem document of the API, or `offline`. */
export class Problem extends Error {
  /**
   * @param {number} status 0 when there was no answer
   * @param {{code?: string, title?: string, detail?: string}} body
   */
  constructor(status, body) {
    super(body.detail ?? body.title ?? "");
    this.status = status;
    this.code = body.code ?? (status ? "internal_error" : "offline");
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [request]
 * @returns {Promise<any>}
 */
export async function ask(path, request) {
  const answer = await fetched(path, request);
  return answer.json().catch(() => ({}));
}

/**
 * The same for what is not JSON, or is to be read while it arrives.
 * @param {string} path
 * @param {RequestInit} [request]
 * @returns {Promise<Response>} a success; rejects with a Problem
 */
export async function fetched(path, request) {
  const answer = await fetch(path, { credentials: "same-origin", ...request }).catch(() => {
    throw new Problem(0, {});
  });
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  return answer;
}

/**
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>}
 */
export const post = (path, body) => ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** @param {string} id */
export const getJob = (id) => ask(`/v1/jobs/${encodeURIComponent(id)}`);
/** @param {string} id */
export const getResult = (id) => ask(`/v1/jobs/${encodeURIComponent(id)}/result`);
/** @param {string} id */
export const getVideo = (id) => ask(`/v1/videos/${encodeURIComponent(id)}`);
/** @param {string} id */
export const cancelJob = (id) => ask(`/v1/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST" });
/** @param {string} id */
export const eraseJob = (id) => ask(`/v1/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });

/**
 * The address within this server of a link in an answer: a reader may have come by another host name.
 * @param {string} link
 * @returns {string}
 */
export function local(link) {
  return new URL(link, location.href).pathname;
}
