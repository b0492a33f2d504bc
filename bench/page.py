"""The report page with three hours of samples: how long it takes to open, and how smoothly it pans.

Both stand beside a bare page in the same browser that draws as many numbers with uPlot alone,
which it does not have to fetch: what is above that is Mien's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Protocol

from bench.speed import Say
from bench.tables import Table

SAMPLES, INTERVAL_S = 21_600, 0.5
LINES = 7
OPEN_S, FRAME_MS = 2.0, 50.0  # promised; a pan below 20 pictures a second is not smooth
PANS = 120
VIEW_S = 600  # ten minutes of the three hours, so that every sample in it is drawn
STEP_S = 5
UPLOT = Path(__file__).resolve().parents[1] / "api" / "ui" / "static" / "vendor" / "uplot" / "uPlot.iife.min.js"

# The chart names itself once it holds the whole timeline; the browser's own clock counts from the click.
WATCH = """() => new MutationObserver((_, watch) => {
  if (!document.querySelector("mien-chart .chart-frame[aria-label]")) return;
  requestAnimationFrame(() => (window.drawnMs = performance.now()));
  watch.disconnect();
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"] })"""
BARE = """async ({ samples, interval, lines }) => {
  const begun = performance.now();
  const times = Array.from({ length: samples }, (_, i) => i * interval);
  const columns = Array.from({ length: lines }, (_, line) => times.map((at) => (1 + Math.sin(at / (3 + line))) / 2));
  const series = [{}, ...columns.map((_, i) => ({ stroke: `hsl(${i * 50} 60% 40%)`, width: 2 }))];
  const scales = { x: { time: false }, y: { range: [0, 1] } };
  window.plot = new uPlot({ width: 1100, height: 320, series, scales, legend: { show: false } }, [times, ...columns], document.body);
  await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""
PAN = """async ({ pans, view, step, bare }) => {
  const chart = document.querySelector("mien-chart");
  const show = (from) => (bare ? window.plot.setScale("x", { min: from, max: from + view }) : chart.zoom(from, from + view));
  show(0);
  await new Promise(requestAnimationFrame);
  const frames = [];
  let last = await new Promise(requestAnimationFrame);
  for (let i = 1; i <= pans; i += 1) {
    show(i * step);
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return frames;
}"""


class Browser(Protocol):
    """A browser that is signed in where the report is."""

    def report(self, watch: str) -> float:
        """Open the report anew, with a script that runs before it; gives the `window.drawnMs` that the script sets."""

    def blank(self, script: Path) -> None:
        """Open an empty page with one script of its own."""

    def run(self, script: str, **values: float | bool) -> list[float]:
        """What a function gives on the page that is open."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Looking:
    """Medians over the repeats."""

    opened_s: float
    frame_ms: float
    slow_frame_ms: float
    """The longest frame but for one in twenty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PageFigures:
    repeats: int
    report: Looking
    bare: Looking


def bench_page(browser: Browser, repeats: int, say: Say) -> PageFigures:
    """Repeats of both, one after the other in the same browser; the first report is not counted: it fills caches."""
    browser.report(WATCH)
    reports, bares = [], []
    for number in range(repeats):
        say(f"round {number + 1} of {repeats}")
        bares.append(_bare(browser))
        reports.append(_report(browser))
    return PageFigures(repeats=repeats, report=_middle(reports), bare=_middle(bares))


def _report(browser: Browser) -> Looking:
    opened_ms = browser.report(WATCH)
    return _looking(opened_ms, browser.run(PAN, pans=PANS, view=VIEW_S, step=STEP_S, bare=False))


def _bare(browser: Browser) -> Looking:
    browser.blank(UPLOT)
    [opened_ms] = browser.run(
        f"async (how) => [await ({BARE})(how)]", samples=SAMPLES, interval=INTERVAL_S, lines=LINES
    )
    return _looking(opened_ms, browser.run(PAN, pans=PANS, view=VIEW_S, step=STEP_S, bare=True))


def _looking(opened_ms: float, frames_ms: list[float]) -> Looking:
    return Looking(opened_s=opened_ms / 1000, frame_ms=median(frames_ms), slow_frame_ms=quantiles(frames_ms, n=20)[-1])


def _middle(rounds: list[Looking]) -> Looking:
    return Looking(
        opened_s=median(one.opened_s for one in rounds),
        frame_ms=median(one.frame_ms for one in rounds),
        slow_frame_ms=median(one.slow_frame_ms for one in rounds),
    )


def table_of(figures: PageFigures) -> Table:
    rows = [_row("the report", figures.report), _row("uPlot alone, numbers at hand", figures.bare)]
    note = (
        f"Medians of {figures.repeats} repeats in one browser, with {SAMPLES} samples; "
        f"promised: open below {OPEN_S:g} s, and frames below {FRAME_MS:g} ms while one pans."
    )
    columns = ("", "open, all drawn (s)", "frame while panning (ms)", "19 of 20 frames below (ms)")
    return Table(title="Three hours in the report", note=note, columns=columns, rows=rows)


def _row(name: str, found: Looking) -> tuple[str, ...]:
    return name, f"{found.opened_s:.2f}", f"{found.frame_ms:.1f}", f"{found.slow_frame_ms:.1f}"
