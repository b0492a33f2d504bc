"""The chart of the expressions over time, as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.domain.emotions import EMOTIONS
from shared.domain.samples import Sample
from worker.artifacts.page.markup import Html, h, join
from worker.artifacts.page.words import Words, clock

MAX_POINTS = 600  # more than this width can tell apart
LEFT, TOP, WIDTH, HEIGHT = 44, 24, 948, 260
LETTER_PX = 10  # half of what a number takes
BELOW = 24  # for the times
TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
MAX_TICKS = 10


@dataclass(slots=True)
class Series:
    """Means of the primary face's probabilities over stretches of equal length; grows no further than MAX_POINTS.

    Args:
        samples_total: Of the whole recording.
        interval_s: Between two samples.
    """

    samples_total: int
    interval_s: float
    sums: list[list[float]] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        points = max(1, min(self.samples_total, MAX_POINTS))
        self.sums = [[0.0] * len(EMOTIONS) for _ in range(points)]
        self.counts = [0] * points

    @property
    def length_s(self) -> float:
        return self.samples_total * self.interval_s

    @property
    def samples_each(self) -> float:
        return self.samples_total / len(self.counts)

    def collect(self, samples: Iterable[Sample], primary: int | None) -> None:
        for sample in samples:
            face = next((face for face in sample.faces if face.track == primary), None)
            if face is not None:
                at = min(int(sample.number / self.samples_each), len(self.counts) - 1)
                self.counts[at] += 1
                self.sums[at] = [total + p for total, p in zip(self.sums[at], face.probabilities, strict=True)]

    def runs(self) -> Iterator[range]:
        """Neighbouring points that all have a face."""
        begin: int | None = None
        for at in range(len(self.counts) + 1):
            seen = at < len(self.counts) and self.counts[at] > 0
            if seen and begin is None:
                begin = at
            elif not seen and begin is not None:
                yield range(begin, at)
                begin = None

    def gaps(self) -> Iterator[range]:
        end = 0
        for run in self.runs():
            if run.start > end:
                yield range(end, run.start)
            end = run.stop
        if end < len(self.counts):
            yield range(end, len(self.counts))

    def mean(self, at: int, emotion: int) -> float:
        return self.sums[at][emotion] / self.counts[at]


def chart(series: Series, moments: list[dict[str, Any]], words: Words) -> Html:
    """Lines over hatched gaps and tinted moments."""
    label = words("chart.label", length=words.span(series.length_s))
    return h(
        "svg",
        _hatching(),
        *(_gap(series, gap) for gap in series.gaps()),
        *(_moment(series, moment) for moment in moments),
        *_numbers(series, moments),
        _grid(series),
        *(_line(series, number, emotion) for number, emotion in enumerate(EMOTIONS)),
        viewBox=f"0 0 {LEFT + WIDTH + 8} {TOP + HEIGHT + BELOW}",
        role="img",
        aria_label=label,
        class_="chart",
    )


def legend(words: Words) -> Html:
    items = [h("span", h("i", class_=f"line of-{name}"), words(f"emotion.{name}")) for name in EMOTIONS]
    keys = [h("span", h("i", class_=f"key key-{name}"), words(f"chart.{name}")) for name in ("moment", "gap")]
    return h("p", *items, *keys, class_="legend")


def _hatching() -> Html:
    stripe = h("line", x1=0, y1=0, x2=0, y2=7, class_="hatch")
    pattern = h("pattern", stripe, id="gap", width=7, height=7, patternUnits="userSpaceOnUse",
                patternTransform="rotate(45)")  # fmt: skip
    return h("defs", pattern)


def _gap(series: Series, gap: range) -> Html:
    scale = WIDTH / len(series.counts)
    return h("rect", x=_px(LEFT + gap.start * scale), y=TOP, width=_px(len(gap) * scale), height=HEIGHT,
             fill="url(#gap)")  # fmt: skip


def _moment(series: Series, moment: dict[str, Any]) -> Html:
    left, right = _x(series, moment["start_s"]), _x(series, moment["end_s"])
    place = {"x": _px(left), "width": _px(max(1.5, right - left)), "class_": f"moment of-{moment['emotion']}"}
    return join(h("rect", y=TOP, height=HEIGHT, opacity=0.18, **place), h("rect", y=TOP - 5, height=4, **place))


def _numbers(series: Series, moments: list[dict[str, Any]]) -> Iterator[Html]:
    """Above the moments, as in the list below, where there is room."""
    free = float(LEFT)
    for number, moment in enumerate(moments, 1):
        middle = (_x(series, moment["start_s"]) + _x(series, moment["end_s"])) / 2
        if middle - LETTER_PX >= free:
            yield h("text", str(number), x=_px(middle), y=TOP - 8, text_anchor="middle")
            free = middle + LETTER_PX


def _line(series: Series, number: int, emotion: str) -> Html:
    """Through the middle of each stretch; broken where the face was away."""
    scale = WIDTH / len(series.counts)
    parts = []
    for run in series.runs():
        points = [f"{_px(LEFT + (at + 0.5) * scale)} {_px(_y(series.mean(at, number)))}" for at in run]
        parts.append("M" + "L".join(points if len(points) > 1 else points * 2))
    return h("path", d="".join(parts), class_=f"of-{emotion}")


def _grid(series: Series) -> Html:
    lines = [h("line", x1=LEFT, x2=LEFT + WIDTH, y1=_px(_y(share)), y2=_px(_y(share)), class_="grid")
             for share in (0.0, 0.25, 0.5, 0.75, 1.0)]  # fmt: skip
    shares = [h("text", f"{share:.0%}", x=LEFT - 6, y=_px(_y(share) + 4), text_anchor="end") for share in (0, 0.5, 1)]
    times = [h("text", clock(at_s), x=_px(_x(series, at_s)), y=TOP + HEIGHT + 18, text_anchor="middle")
             for at_s in _ticks(series.length_s)]  # fmt: skip
    return join(*lines, *shares, *times)


def _ticks(length_s: float) -> list[float]:
    step_s = next((step for step in TICKS_S if length_s / step <= MAX_TICKS), TICKS_S[-1])
    return [float(number * step_s) for number in range(int(length_s / step_s) + 1)]


def _x(series: Series, at_s: float) -> float:
    return LEFT + WIDTH * min(1.0, at_s / series.length_s if series.length_s else 0.0)


def _y(share: float) -> float:
    return TOP + HEIGHT * (1 - share)


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
