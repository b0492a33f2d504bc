/** The HTTP contract as the pages use it, with the session cookie of this browser. */

const PAGE = 5000;
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
  const answer = await fetch(path, { credentials: "same-origin", ...request }).catch(() => {
    throw new Problem(0, {});
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, body);
  return body;
}

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
 * The samples of a job, page by page.
 * @param {string} id
 * @returns {AsyncGenerator<object[]>}
 */
export async function* getTimeline(id) {
  const get = (cursor) => ask(`/v1/jobs/${encodeURIComponent(id)}/timeline?limit=${PAGE}&cursor=${cursor}`);
  let coming = get(0);
  while (coming) {
    const { items, next_cursor: next } = await coming;
    coming = next === null ? null : get(next); // on its way while the reader works on this page
    yield items;
  }
}

/**
 * The address within this server of a link in an answer: a reader may have come by another host name.
 * @param {string} link
 * @returns {string}
 */
export function local(link) {
  return new URL(link, location.href).pathname;
}

/**
 * Send a recording and make a job of it.
 * @param {File} file
 * @param {(share: number) => void} onProgress
 * @returns {{done: Promise<object>, stop: () => void}}
 */
export function submit(file, onProgress) {
  const request = new XMLHttpRequest(); // fetch cannot tell how much it has sent
  const done = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => onProgress(event.total ? event.loaded / event.total : 0));
    request.addEventListener("load", () => {
      const body = parsed(request.responseText);
      if (request.status === 202) resolve(body);
      else reject(new Problem(request.status, body));
    });
    request.addEventListener("error", () => reject(new Problem(0, {})));
    request.addEventListener("abort", () => reject(new Problem(0, { code: "stopped" })));
  });
  const form = new FormData();
  form.append("file", file);
  request.open("POST", "/v1/jobs");
  request.send(form);
  return { done, stop: () => request.abort() };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
