"""Draws how a training went."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"  # Okabe and Ito's, told apart by all
INCHES = (9.6, 3.6)
DPI = 110


def draw(rows: Sequence[dict[str, Any]], title: str, path: Path) -> None:
    """Losses, accuracies and the learning rate over epochs, as PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=INCHES, layout="constrained")
    epochs = [row["epoch"] for row in rows]
    _lines(left, epochs, rows, {"loss": (BLUE, "training"), "validation_loss": (ORANGE, "validation")})
    _lines(
        right, epochs, rows, {"accuracy": (BLUE, "one view"), "accuracy_mirrored": (ORANGE, "with its mirror image")}
    )
    left.set(title=title, xlabel="epoch", ylabel="cross-entropy")
    right.set(title="Validation split", xlabel="epoch", ylabel="accuracy")
    rate = right.twinx()
    rate.plot(epochs, [row["learning_rate"] for row in rows], color=GREEN, linewidth=0.8, linestyle=":")
    rate.set_ylabel("learning rate", color=GREEN)
    figure.savefig(path, dpi=DPI)
    pyplot.close(figure)


def _lines(axes: Any, epochs: list[int], rows: Sequence[dict[str, Any]], named: dict[str, tuple[str, str]]) -> None:
    for key, (colour, label) in named.items():
        axes.plot(epochs, [row[key] for row in rows], color=colour, label=label)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
