/** What was seen over time, as columns: what the chart draws, and what stands over the picture. */

import { fetched } from "../common/api.js";
import { EMOTIONS } from "../common/emotions.js";

/** Samples of one recording, growing while they arrive. */
export class Timeline {
  /** @param {number} intervalS */
  constructor(intervalS) {
    this.intervalS = intervalS;
    /** @type {number[]} */
    this.times = [];
    /** One column per emotion, of the main face; null where it was not seen. @type {(number | null)[][]} */
    this.values = EMOTIONS.map(() => []);
    /** For each sample all faces. @type {{track: number, primary: boolean, box: number[], emotions: number[]}[][]} */
    this.faces = [];
    /** Stretches without the main face, in seconds. @type {[number, number][]} */
    this.gaps = [];
    /** Called a few times while samples arrive. @type {() => void} */
    this.onGrow = () => {};
  }

  /** Read the samples of a job. @param {string} id */
  async load(id) {
    const answer = await fetched(`/v1/jobs/${encodeURIComponent(id)}/timeline?format=csv`);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let sample = null;
    for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) sample = this.#read(line, sample);
      this.onGrow();
    }
    if (sample) this.#add(sample);
    this.onGrow();
  }

  /** One row of CSV: a face, or a sample without any. Rows of one sample follow each other. */
  #read(line, sample) {
    const fields = line.split(",");
    const number = Number(fields[1]);
    if (Number.isNaN(number)) return sample; // the names of the columns
    let now = sample;
    if (now?.number !== number) {
      if (now) this.#add(now);
      now = { number, timeS: Number(fields[0]), faces: [] };
    }
    if (fields[2] !== "") now.faces.push(faceOf(fields));
    return now;
  }

  #add({ timeS, faces }) {
    const main = faces.find((face) => face.primary);
    if (!main) this.#extendGap(this.times.length);
    this.times.push(timeS);
    this.faces.push(faces);
    EMOTIONS.forEach((_, i) => this.values[i].push(main ? main.emotions[i] : null));
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

/** In the order of the columns: t_s, sample, track, primary, x, y, width, height, one per emotion, dominant. */
function faceOf(fields) {
  const numbers = fields.slice(4, 8 + EMOTIONS.length).map(Number);
  return { track: Number(fields[2]), primary: fields[3] === "1", box: numbers.slice(0, 4), emotions: numbers.slice(4) };
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
