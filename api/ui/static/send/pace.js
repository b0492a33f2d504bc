/** How fast something goes, over the last seconds rather than on the whole. */

const WINDOW_MS = 10_000;
const FIRST_MS = 2000; // before this, nobody can say

export class Pace {
  #marks = [];

  /** @param {number} bytes so far @param {number} [now] milliseconds */
  note(bytes, now = performance.now()) {
    this.#marks.push({ bytes, now });
    while (this.#marks.length > 2 && now - this.#marks[1].now > WINDOW_MS) this.#marks.shift();
  }

  /** @param {number} total @returns {number | null} seconds until there are so many; null when nobody can say */
  left(total) {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (!first || last.now - first.now < FIRST_MS || last.bytes <= first.bytes) return null;
    return ((total - last.bytes) / (last.bytes - first.bytes)) * ((last.now - first.now) / 1000);
  }
}
