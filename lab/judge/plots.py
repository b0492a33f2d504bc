"""Draws what a report says of a model."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.domain.emotions import EMOTIONS
from shared.domain.errors import Unavailable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#767676"  # Okabe and Ito's, told apart by all
INCHES = (5.4, 4.6)
DPI = 110
DARK = 0.5  # shares above it are written in white


def need_matplotlib() -> None:
    """Raises Unavailable where it is missing."""
    if importlib.util.find_spec("matplotlib") is None:
        raise Unavailable("The plots need matplotlib, a development dependency: pip install matplotlib.")


def draw_confusion(model: dict[str, Any], path: Path) -> None:
    """As PNG: shares of each expression shown, with the counts written in."""
    counts = model["confusion"]
    shares = [[count / max(1, sum(row)) for count in row] for row in counts]
    with _drawn(path) as axes:
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axes.set_xticks(range(len(EMOTIONS)), EMOTIONS, rotation=45, ha="right")
        axes.set_yticks(range(len(EMOTIONS)), EMOTIONS)
        for down, row in enumerate(counts):
            for across, count in enumerate(row):
                colour = "white" if shares[down][across] > DARK else "black"
                axes.text(across, down, str(count), ha="center", va="center", color=colour, fontsize=8)
        axes.set(xlabel="answered", ylabel="shown", title=f"{model['model']}: {100 * model['accuracy']:.1f} % right")


def draw_reliability(model: dict[str, Any], path: Path) -> None:
    """As PNG: how often answers are right by how sure they are, and how many there are."""
    bins = [one for one in model["reliability"] if one["pictures"]]
    most = max(one["pictures"] for one in bins)
    width = model["reliability"][0]["high"]
    middles = [(one["low"] + one["high"]) / 2 for one in bins]
    with _drawn(path) as axes:
        axes.bar(
            middles, [0.2 * one["pictures"] / most for one in bins], width, color=GREY, alpha=0.35, label="pictures"
        )
        axes.plot((0, 1), (0, 1), color=GREY, linestyle=":", label="as right as sure")
        sure, right = [one["confidence"] for one in bins], [one["accuracy"] for one in bins]
        axes.plot(sure, right, color=BLUE, marker="o", label="measured")
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability of the first answer", ylabel="share that is right")
        axes.set_title(f"{model['model']}: ECE {model['ece']:.3f}")
        axes.legend(loc="upper left", frameon=False)


@contextmanager
def _drawn(path: Path) -> Iterator[Axes]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=INCHES, layout="constrained")
    try:
        yield axes
        figure.savefig(path, dpi=DPI)
    finally:
        pyplot.close(figure)
