/** A recording that is still being made, as a source from which bytes can be sent already. */

/** The source was told to stop while somebody waited for its bytes. */
export class Stopped extends Error {}

export class Growing {
  #pieces = [];
  #isWhole = false;
  #wake = () => {};
  #leave = () => {};

  /** Of what is there so far. */
  size = 0;

  /** @param {Blob} piece */
  push(piece) {
    this.#pieces.push(piece);
    this.size += piece.size;
    this.#wake();
  }

  /** Nothing more comes. */
  end() {
    this.#isWhole = true;
    this.#wake();
  }

  /** Send whoever waits for bytes away; what is there stays. */
  stop() {
    this.#leave(new Stopped());
  }

  /** @param {string} type @returns {Blob} all that is there */
  blob(type) {
    return new Blob(this.#pieces, { type });
  }

  /**
   * Bytes from `start` on, at least one and fewer than asked for when more have not come yet.
   * @param {number} start
   * @param {number} end
   * @returns {Promise<{value: Blob | null, done: boolean}>} `done` when these are the last; null when there were none
   */
  async slice(start, end) {
    while (this.size <= start && !this.#isWhole) await this.#more();
    const value = this.blob("").slice(start, end);
    return { value: value.size ? value : null, done: this.#isWhole && end >= this.size };
  }

  /** A source can be closed; this one holds nothing that must be. */
  close() {}

  #more() {
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      this.#leave = reject;
    });
  }
}
