/** The bytes of one recording on their way to the server, by tus (tus.io), with patience. */

import { local, Problem } from "../common/api.js";
import { Growing, Stopped } from "./growing.js";
import { passes, patiently } from "./patience.js";

const ENDPOINT = new URL("/v1/uploads", location.href).href;
const PART_BYTES = 4 * 1024 * 1024; // small enough for most proxies, large enough for fast lines
const DELAYS_MS = [0, 1000, 2000, 4000, 8000, 15_000, ...Array(40).fill(30_000)]; // some twenty minutes in all
const STALLED_MS = 45_000; // a line that is dead without saying so
const FORGOTTEN = new Set([404, 410]);

async function load() {
  await import("../vendor/tus-js-client/tus.min.js").catch(() => {
    throw new Problem(0, {});
  });
  return globalThis.tus; // it is no module, and leaves its name in the window
}

export class Transfer {
  #upload = null;
  #stop = () => {};
  #isWaiting = false;
  #isStopped = false;
  #watch = 0;

  /**
   * @param {Blob | Growing} source
   * @param {object} how
   * @param {string | null} how.url of an upload that was begun before
   * @param {() => string} how.key of the request that begins one
   * @param {Record<string, string>} how.metadata
   * @param {(url: string) => void} how.onBegun
   * @param {() => Promise<void>} how.onForgotten the server knows nothing of this upload any more; another is begun
   * @param {(bytes: number) => void} how.onSent so many are on their way
   * @param {(bytes: number) => void} how.onSafe so many are acknowledged
   * @param {() => void} how.onLost the line is down, and tried again
   */
  constructor(source, how) {
    Object.assign(this, { source, how });
  }

  /** Until every byte is safe. Rejects with Stopped, or with the Problem that no patience helps against. */
  async run() {
    const tus = await patiently(load);
    if (this.#isStopped) throw new Stopped();
    addEventListener("online", this.#hurry);
    try {
      await new Promise((resolve, reject) => {
        this.#stop = reject;
        this.#upload = new tus.Upload(this.source, this.#options(resolve, reject));
        this.#upload.start();
      });
    } finally {
      removeEventListener("online", this.#hurry);
      clearTimeout(this.#watch);
    }
  }

  stop() {
    this.#isStopped = true;
    this.#upload?.abort();
    if (this.source instanceof Growing) this.source.stop();
    this.#stop(new Stopped());
  }

  /** The line is back: do not wait for the next try. */
  #hurry = () => this.#isWaiting && this.#again();

  #again() {
    this.#upload.abort();
    this.#upload.start();
  }

  #options(resolve, reject) {
    const { url, metadata, onSafe, onBegun } = this.how;
    return {
      endpoint: ENDPOINT,
      uploadUrl: url,
      metadata,
      chunkSize: PART_BYTES,
      retryDelays: DELAYS_MS,
      storeFingerprintForResuming: false, // ours is kept with the file itself
      fingerprint: async () => null,
      ...(this.source instanceof Growing && { uploadLengthDeferred: true, fileReader: { openFile: async (source) => source } }),
      onBeforeRequest: (request) => this.#before(request),
      onAfterResponse: (request, answer) => this.#after(request, answer),
      onShouldRetry: (error) => this.#shouldRetry(error),
      onUploadUrlAvailable: () => onBegun((this.#upload.url = local(this.#upload.url))),
      onProgress: (bytes) => this.#progress(bytes),
      onChunkComplete: (_, bytes) => onSafe(bytes),
      onSuccess: resolve,
      onError: (error) => reject(problemOf(error)),
    };
  }

  #progress(bytes) {
    this.#alive();
    this.how.onSent(bytes);
  }

  #before(request) {
    this.#isWaiting = false;
    this.#alive();
    if (request.getMethod() === "POST") request.setHeader("Idempotency-Key", this.how.key());
  }

  /** Only an upload that is gone is begun anew; the client by itself would do so at any refusal. */
  async #after(request, answer) {
    clearTimeout(this.#watch);
    const status = answer.getStatus();
    if (request.getMethod() !== "HEAD" || status < 400) return;
    if (!FORGOTTEN.has(status)) throw new Problem(status, {});
    await this.how.onForgotten();
  }

  #shouldRetry(error) {
    const problem = problemOf(error);
    if (!passes(problem)) return false;
    clearTimeout(this.#watch);
    this.#isWaiting = true;
    this.how.onLost();
    return true;
  }

  /** Something moves; when nothing does for long, the request is given up for another. */
  #alive() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#again(), STALLED_MS);
  }
}

/**
 * How far an upload is.
 * @param {string} url
 * @returns {Promise<{offset: number, isWhole: boolean} | null>} null when the server has forgotten it
 */
export async function askOffset(url) {
  const answer = await send("HEAD", url);
  if (FORGOTTEN.has(answer.status)) return null;
  if (!answer.ok) throw new Problem(answer.status, {});
  const number = (name) => Number(answer.headers.get(name) ?? NaN);
  return { offset: number("Upload-Offset"), isWhole: number("Upload-Offset") === number("Upload-Length") };
}

/**
 * End an upload, and have its bytes forgotten, also when it has become a recording that no job needs.
 * @param {string} url
 */
export async function terminate(url) {
  for (const delay of DELAYS_MS) {
    await new Promise((done) => setTimeout(done, delay));
    const answer = await send("DELETE", url).catch((problem) => problem);
    if (answer.status === 409) return eraseVideo(url);
    if (!passes(answer)) return undefined;
  }
  return undefined;
}

async function eraseVideo(url) {
  const id = (await send("HEAD", url)).headers.get("Mien-Video-Id");
  if (id) await send("DELETE", `/v1/videos/${id}`);
}

async function send(method, url) {
  return fetch(url, { method, credentials: "same-origin", headers: { "Tus-Resumable": "1.0.0" } }).catch(() => {
    throw new Problem(0, {});
  });
}

function problemOf(error) {
  if (error.causingError instanceof Problem) return error.causingError;
  const answer = error.originalResponse;
  return new Problem(answer?.getStatus() ?? 0, answer ? parsed(answer.getBody()) : {});
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
