/** The primary face over time as columns: what the chart draws. */

import { EMOTIONS } from "../common/emotions.js";

/** Samples of one recording, growing while its pages arrive. */
export class Timeline {
  /** @param {number} intervalS */
  constructor(intervalS) {
    this.intervalS = intervalS;
    /** @type {number[]} */
    this.times = [];
    /** One column per emotion; null where the face was not seen. @type {(number | null)[][]} */
    this.values = EMOTIONS.map(() => []);
    /** Stretches without the face, in seconds. @type {[number, number][]} */
    this.gaps = [];
  }

  /** @param {object[]} samples a page of the timeline */
  add(samples) {
    for (const sample of samples) {
      const face = sample.faces.find((one) => one.primary);
      if (!face) this.#extendGap(this.times.length);
      this.times.push(sample.t_s);
      EMOTIONS.forEach((emotion, i) => this.values[i].push(face ? face.emotions[emotion] : null));
    }
  }

  #extendGap(number) {
    const [start, end] = [number * this.intervalS, (number + 1) * this.intervalS];
    const last = this.gaps.at(-1);
    if (last && Math.abs(last[1] - start) < 1e-9) last[1] = end;
    else this.gaps.push([start, end]);
  }

  /**
   * What is to be drawn between two times: every sample, or means where there are more than fit.
   * @param {number} fromS
   * @param {number} toS
   * @param {number} room how many points are worth drawing
   * @returns {{columns: (number | null)[][], step: number}} times and one column per emotion; samples per point
   */
  between(fromS, toS, room) {
    const first = Math.max(0, this.#after(fromS) - 1);
    const last = Math.min(this.times.length, this.#after(toS) + 1);
    const step = stepFor(last - first, room);
    if (step === 1) {
      return { columns: [this.times.slice(first, last), ...this.values.map((column) => column.slice(first, last))], step };
    }
    const begin = Math.floor(first / step) * step; // a fixed grid, so that panning does not make lines flicker
    return { columns: [means(this.times, begin, last, step), ...this.values.map((c) => means(c, begin, last, step))], step };
  }

  /**
   * Number of the sample shown at a time.
   * @param {number} seconds
   */
  at(seconds) {
    return Math.max(0, Math.min(this.times.length, this.#after(seconds + 1e-6)) - 1);
  }

  /** Number of the first sample later than a time. */
  #after(seconds) {
    let [low, high] = [0, this.times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] <= seconds) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Powers of two, so that few zoom levels exist and each looks the same every time. */
function stepFor(samples, room) {
  let step = 1;
  while (samples / step > room) step *= 2;
  return step;
}

function means(column, begin, end, step) {
  const result = [];
  for (let start = begin; start < end; start += step) {
    let [sum, count] = [0, 0];
    for (let i = start; i < Math.min(start + step, end); i += 1) {
      if (column[i] !== null) {
        sum += column[i];
        count += 1;
      }
    }
    result.push(count ? sum / count : null);
  }
  return result;
}
