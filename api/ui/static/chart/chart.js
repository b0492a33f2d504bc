/** <mien-chart>: the seven probabilities of the main face over time, with moments shaded and gaps hatched. */

import { listen } from "./moves.js";
import { drawAbove, drawBelow } from "./paint.js";
import { DASHES, EMOTIONS, palette, swatch } from "../common/emotions.js";
import { clock, percent, span } from "../common/format.js";
import { h } from "../common/dom.js";
import { t } from "../common/text.js";

const TICKS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const MIN_VIEW_SAMPLES = 8; // closer than this there is nothing more to see
const PX_PER_POINT = 2.5; // more points than this only cost time and readability
const STEP = 0.4; // how far one push pans, as a share of the view

export class MienChart extends HTMLElement {
  #plot = null;
  #hidden = new Set();

  /**
   * Make an empty chart; `fill` draws it.
   * @param {{durationS: number, moments: object[], timeline: import("./timeline.js").Timeline}} subject
   */
  show({ durationS, moments, timeline }) {
    Object.assign(this, { durationS, moments, timeline, view: [0, durationS], selected: null });
    this.frame = h("div", { class: "chart-frame", tabindex: 0, role: "group", "aria-describedby": "chart-hint" });
    this.readout = h("p", { class: "chart-readout", "aria-hidden": "true" });
    this.spoken = h("p", { class: "visually-hidden", "aria-live": "polite" });
    this.grain = h("p", { class: "muted small chart-grain" }, t("chart.loading", { share: percent(0) }));
    this.replaceChildren(
      h("div", { class: "chart-head" }, this.#legend(), this.#buttons()),
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
      this.#plot.setData(columns, false);
      this.#plot.setScale("x", { min: this.view[0], max: this.view[1] });
    });
    this.grain.textContent = step === 1 ? t("chart.every", { interval: span(this.timeline.intervalS) }) : t("chart.means", { length: span(step * this.timeline.intervalS) });
    this.all.disabled = length >= this.durationS;
  }

  /** Zoom to a moment and mark it. @param {number} number */
  select(number) {
    const { start_s: start, end_s: end } = this.moments[number];
    const margin = Math.max(6, 2 * (end - start));
    this.selected = number;
    this.zoom(start - margin, end + margin);
  }

  #draw() {
    const colours = palette();
    this.#plot = new globalThis.uPlot(this.#options(colours), [[], ...EMOTIONS.map(() => [])], this.frame);
    this.#plot.root.setAttribute("role", "presentation");
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
      hooks: {
        drawClear: [(u) => drawBelow(u, this, palette())],
        draw: [(u) => drawAbove(u, this, palette())],
        setCursor: [(u) => this.#tell(u.cursor.idx === null || u.cursor.left < 0 ? null : u.posToVal(u.cursor.left, "x"))],
        setSelect: [(u) => this.#onSelect(u)],
      },
    };
  }

  #axis(more) {
    return { stroke: () => palette().muted, grid: { stroke: () => palette().line, width: 1 }, ticks: { stroke: () => palette().line, width: 1, size: 4 }, font: "12px system-ui, sans-serif", gap: 6, ...more };
  }

  #series(emotion, colours) {
    return {
      label: t(`emotion.${emotion}`),
      stroke: () => palette()[emotion],
      width: emotion === "neutral" ? 1.5 : 2,
      dash: DASHES[emotion],
      points: { size: 5, fill: colours.card },
      value: (_, value) => (value === null ? "" : percent(value)),
    };
  }

  /** Of the frame: the plot inside follows a moment later. */
  #width() {
    return Math.max(200, this.frame.clientWidth);
  }

  #height() {
    return innerWidth < 640 ? 230 : 320;
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
    this.readout.replaceChildren();
    if (seconds === null || !this.timeline.times.length) {
      const hints = matchMedia("(hover: none)").matches ? [t("chart.hint.touch")] : [t("chart.hint"), t("chart.keys")];
      this.readout.append(h("span", { class: "muted small" }, hints.join(" ")));
      return;
    }
    const at = this.timeline.at(seconds);
    const here = EMOTIONS.map((emotion, i) => [emotion, this.timeline.values[i][at]]);
    const strongest = here.filter(([emotion, value]) => value !== null && !this.#hidden.has(emotion)).sort((a, b) => b[1] - a[1]);
    this.readout.append(
      h("b", null, clock(this.timeline.times[at], 1)),
      ...strongest.slice(0, 3).map(([emotion, value]) => h("span", null, swatch(emotion), ` ${t(`emotion.${emotion}`)} ${percent(value)}`)),
      here[0][1] === null ? h("span", null, t("chart.noface")) : "",
    );
  }

  #legend() {
    const buttons = EMOTIONS.map((emotion, i) =>
      h("button", { type: "button", class: "chip", "aria-pressed": "true", click: (event) => this.#toggle(event.currentTarget, emotion, i) }, swatch(emotion), t(`emotion.${emotion}`)),
    );
    return h("div", { class: "legend", role: "group", "aria-label": t("chart.series") }, ...buttons);
  }

  #toggle(button, emotion, index) {
    const shown = this.#hidden.has(emotion);
    if (shown) this.#hidden.delete(emotion);
    else this.#hidden.add(emotion);
    button.setAttribute("aria-pressed", String(shown));
    this.#plot.setSeries(index + 1, { show: shown });
  }

  #buttons() {
    const button = (name, sign, act) => h("button", { type: "button", class: "tool", title: t(name), "aria-label": t(name), click: act }, sign);
    this.all = h("button", { type: "button", class: "tool wide", disabled: true, click: () => this.zoom(0, this.durationS) }, t("chart.all"));
    return h(
      "div",
      { class: "tools no-print" },
      button("chart.earlier", "←", () => this.pan(-STEP)),
      button("chart.later", "→", () => this.pan(STEP)),
      button("chart.out", "−", () => this.scale(2)),
      button("chart.in", "+", () => this.scale(0.5)),
      this.all,
    );
  }

  #label() {
    const moments = t("score.moments", { n: this.moments.length });
    return t("chart.label", { length: span(this.durationS), moments, gaps: t("chart.gaps", { n: this.timeline.gaps.length }) });
  }
}

function key(kind) {
  return h("span", { class: "key small muted" }, h("i", { class: `key-${kind}`, "aria-hidden": "true" }), t(`chart.key.${kind}`));
}

customElements.define("mien-chart", MienChart);
