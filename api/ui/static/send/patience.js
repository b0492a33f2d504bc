/** What is over when one waits, and waiting for it. */

import { Problem } from "../common/api.js";

const AGAIN_MS = [1000, 2000, 5000, 10_000, 30_000, 30_000];
const PASSING = new Set([0, 409, 423, 429]); // 0 is no answer at all
const FULL = 507; // unlike other trouble of a server, this one is not over in a moment

/**
 * Whether a refusal is over when one waits.
 * @param {{status: number, code?: string}} problem
 */
export function passes({ status, code }) {
  return code !== "quota_exceeded" && (PASSING.has(status) || (status >= 500 && status !== FULL));
}

/**
 * Ask again and again, for about a minute.
 * @template T
 * @param {() => Promise<T>} act
 * @returns {Promise<T>} rejects with the Problem that does not pass
 */
export async function patiently(act) {
  for (const delay of AGAIN_MS) {
    try {
      return await act();
    } catch (problem) {
      if (!passes(problem)) throw problem;
      await new Promise((done) => setTimeout(done, delay));
    }
  }
  throw new Problem(0, {});
}
