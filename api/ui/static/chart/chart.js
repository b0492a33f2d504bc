/** <mien-chart>: the seven probabilities of the main face over time, with moments shaded and gaps hatched. */

import { h } from "../common/dom.js";
import { DASHES, EMOTIONS, palette } from "../common/emotions.js";
import { clock, percent, span } from "../common/format.js";
import { t } from "../common/text.js";
import { key, legend, readout, tools } from "./around.js";
import { listen } from "./moves.js";
import { drawAbove, drawBelow } from "./paint.js";
import { bandsOf, stacked } from "./stack.js";

const TICKS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const MIN_VIEW_SAMPLES = 8; // closer than this there is nothing more to see
const PX_PER_POINT = 2.5; // more points than this only cost time and readability
const STEP = 0.4; // how far one push pans, as a share of the view
const LEAD = 0.1; // where in the view the playback goes on after it ran out of it

export class MienChart extends HTMLElement {
  #plot = null;
  #hidden = new Set();
  #stacked = false;
  #playedS = 0;

  /**
   * Make an empty chart; `fill` draws it.
   * @param {{durationS: number, moments: object[], timeline: import("./timeline.js").Timeline, onPick?: (seconds: number) => void, onView?: (view: number[]) => void}} subject
   *   `onPick` is told of a time that the reader chose, `onView` of what the chart shows
   */
  show({ durationS, moments, timeline, onPick, onView }) {
    Object.assign(this, { durationS, moments, timeline, onPick, onView, view: [0, durationS], selected: null });
    this.frame = h("div", { class: "chart-frame", tabindex: 0, role: "group", "aria-describedby": "chart-hint" });
    this.readout = h("p", { class: "chart-readout", "aria-hidden": "true" });
    this.spoken = h("p", { class: "visually-hidden", "aria-live": "polite" });
    this.grain = h("p", { class: "muted small chart-grain" }, t("chart.loading", { share: percent(0) }));
    const all = tools(this, STEP);
    this.all = all.whole;
    this.replaceChildren(
      h("div", { class: "chart-head" }, legend((emotion, shown) => this.#toggle(emotion, shown)), all.bar),
      this.frame,
      this.readout,
      this.spoken,
      h("div", { class: "chart-foot" }, key("moment"), key("gap"), this.grain),
      h("p", { class: "visually-hidden", id: "chart-hint" }, t("chart.keys")),
    );
    this.#draw();
    this.#tell(null);
    this.#follow();
  }

  /** Draw what the timeline holds by now. @param {number} share of it that has arrived */
  fill(share) {
    this.zoom(...this.view);
    if (share < 1) this.grain.textContent = t("chart.loading", { share: percent(share) });
    else this.frame.setAttribute("aria-label", this.#label());
  }

  fail() {
    this.grain.textContent = t("chart.failed");
  }

  /** Show the stretch between two times, kept inside the recording. @param {number} fromS @param {number} toS */
  zoom(fromS, toS) {
    const length = Math.min(Math.max(toS - fromS, MIN_VIEW_SAMPLES * this.timeline.intervalS), this.durationS);
    const start = Math.min(Math.max(0, (fromS + toS - length) / 2), this.durationS - length);
    this.view = [start, start + length];
    const { columns, step } = this.timeline.between(...this.view, this.#width() / PX_PER_POINT);
    this.#plot.batch(() => {
      this.#plot.setData(this.#stacked ? stacked(columns, this.#hidden) : columns, false);
      this.#plot.setScale("x", { min: this.view[0], max: this.view[1] });
    });
    this.grain.textContent = step === 1 ? t("chart.every", { interval: span(this.timeline.intervalS) }) : t("chart.means", { length: span(step * this.timeline.intervalS) });
    this.all.disabled = length >= this.durationS;
    this.#placePlayhead();
    this.onView?.(this.view);
  }

  /** Zoom to a moment and mark it. @param {number} number */
  select(number) {
    const { start_s: start, end_s: end } = this.moments[number];
    const margin = Math.max(6, 2 * (end - start));
    this.selected = number;
    this.zoom(start - margin, end + margin);
  }

  /** Show where the recording is being played; the view goes along. @param {number} seconds @param {boolean} playing */
  play(seconds, playing) {
    const [from, to] = this.view;
    const wasInView = this.#playedS >= from && this.#playedS <= to;
    this.#playedS = seconds;
    if (playing && wasInView && seconds > to && to < this.durationS) this.pan((seconds - from) / (to - from) - LEAD);
    this.#placePlayhead();
    this.#tell(seconds);
  }

  /** Lines, or areas that stand on each other. @param {boolean} wanted */
  stack(wanted) {
    this.#stacked = wanted;
    this.#plot.destroy();
    this.#draw();
    this.zoom(...this.view);
  }

  /** What the reader's hand is on now, or where the recording is. */
  pick() {
    this.onPick?.(this.#cursorS() ?? this.#playedS);
  }

  #cursorS() {
    const { left, idx } = this.#plot.cursor;
    return idx === null || idx === undefined || left < 0 ? null : this.#plot.posToVal(left, "x");
  }

  #draw() {
    const colours = palette();
    this.#plot = new globalThis.uPlot(this.#options(colours), [[], ...EMOTIONS.map(() => [])], this.frame);
    this.#plot.root.setAttribute("role", "presentation");
    this.playhead = h("i", { class: "playhead", hidden: true, "aria-hidden": "true" });
    this.#plot.over.append(this.playhead);
  }

  #options(colours) {
    return {
      width: this.#width(),
      height: this.#height(),
      legend: { show: false },
      padding: [16, 28, 0, 0],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false, dist: 5 },
        points: { size: 7 },
        bind: { dblclick: () => () => this.zoom(0, this.durationS) },
      },
      scales: { x: { time: false, range: (_, min, max) => [min, max] }, y: { range: [0, 1] } },
      axes: [this.#axis({ incrs: TICKS_S, size: 32, space: 70, values: (_, ticks) => ticks.map((tick) => clock(tick, tick % 1 ? 1 : 0)) }), this.#axis({ size: 52, space: 40, values: (_, ticks) => ticks.map((tick) => percent(tick)) })],
      series: [{}, ...EMOTIONS.map((emotion) => this.#series(emotion, colours))],
      bands: this.#stacked ? bandsOf(this.#hidden) : [],
      hooks: {
        drawClear: [(u) => drawBelow(u, this, palette())],
        draw: [(u) => drawAbove(u, this, palette())],
        setCursor: [() => this.#tell(this.#cursorS())],
        setSelect: [(u) => this.#onSelect(u)],
      },
    };
  }

  #axis(more) {
    return { stroke: () => palette().muted, grid: { stroke: () => palette().line, width: 1 }, ticks: { stroke: () => palette().line, width: 1, size: 4 }, font: "12px system-ui, sans-serif", gap: 6, ...more };
  }

  #series(emotion, colours) {
    const line = { label: t(`emotion.${emotion}`), show: !this.#hidden.has(emotion), stroke: () => palette()[emotion] };
    if (this.#stacked) return { ...line, width: 1, fill: () => `${palette()[emotion]}b0`, points: { show: false } };
    return { ...line, width: emotion === "neutral" ? 1.5 : 2, dash: DASHES[emotion], points: { size: 5, fill: colours.card } };
  }

  /** Of the frame: the plot inside follows a moment later. */
  #width() {
    return Math.max(200, this.frame.clientWidth);
  }

  #height() {
    return this.frame.clientHeight || 320;
  }

  /** Redraw when the room or the colours change. */
  #follow() {
    const redraw = () => this.#plot.redraw(false);
    for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", redraw);
    new ResizeObserver(() => {
      this.#plot.setSize({ width: this.#width(), height: this.#height() });
      if (this.timeline.times.length) this.zoom(...this.view);
    }).observe(this.frame);
    listen(this.frame, this);
  }

  #onSelect(u) {
    if (u.select.width < 2) return;
    const [from, to] = [u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")];
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoom(from, to);
  }

  #placePlayhead() {
    const [from, to] = this.view;
    this.playhead.hidden = !this.#playedS || this.#playedS < from || this.#playedS > to;
    this.playhead.style.left = `${(100 * (this.#playedS - from)) / (to - from)}%`;
  }

  /** Zoom about a time, by default the middle. @param {number} factor below 1 goes closer @param {number} [aboutS] */
  scale(factor, aboutS = (this.view[0] + this.view[1]) / 2) {
    this.zoom(aboutS - (aboutS - this.view[0]) * factor, aboutS + (this.view[1] - aboutS) * factor);
  }

  /** Move along, never past the ends. @param {number} share of the view, to the right */
  pan(share) {
    const move = share * (this.view[1] - this.view[0]);
    const kept = Math.min(Math.max(move, -this.view[0]), this.durationS - this.view[1]);
    this.zoom(this.view[0] + kept, this.view[1] + kept);
  }

  /** Move the cursor by some points, panning along where it leaves the view, and say what is there. @param {number} points */
  step(points) {
    const times = this.#plot.data[0];
    const at = Math.min(Math.max((this.#plot.cursor.idx ?? (points > 0 ? -1 : times.length)) + points, 0), times.length - 1);
    const seconds = times[at];
    if (seconds < this.view[0] || seconds > this.view[1]) this.pan(points > 0 ? STEP : -STEP);
    this.#plot.setCursor({ left: this.#plot.valToPos(seconds, "x"), top: 0 });
    this.spoken.textContent = this.readout.textContent;
  }

  /** The time at a place of the screen, and how wide the chart is there. @param {number} clientX */
  where(clientX) {
    const { left, width } = this.#plot.over.getBoundingClientRect();
    return { seconds: this.view[0] + ((clientX - left) / width) * (this.view[1] - this.view[0]), width };
  }

  /** What the line below the chart says about a time. */
  #tell(seconds) {
    this.readout.replaceChildren(...readout(this.timeline, seconds ?? (this.#playedS || null), this.#hidden));
  }

  #toggle(emotion, shown) {
    if (shown) this.#hidden.delete(emotion);
    else this.#hidden.add(emotion);
    if (this.#stacked) this.stack(true); // the others close up
    else this.#plot.setSeries(EMOTIONS.indexOf(emotion) + 1, { show: shown });
  }

  #label() {
    const moments = t("score.moments", { n: this.moments.length });
    return t("chart.label", { length: span(this.durationS), moments, gaps: t("chart.gaps", { n: this.timeline.gaps.length }) });
  }
}

customElements.define("mien-chart", MienChart);
