/** So many at a time; the others wait in the order in which they came. */

export class Slots {
  #waiting = [];

  /** @param {number} free */
  constructor(free) {
    this.free = free;
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async take(work) {
    if (this.free > 0) this.free -= 1;
    else await new Promise((go) => this.#waiting.push(go));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}
