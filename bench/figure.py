"""Draws a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bench.tables import NAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bench.run import Report

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#767676"  # Okabe and Ito's, told apart by all
PANEL_INCHES = (6.4, 4.2)
DPI = 110


def draw(report: Report, path: Path) -> None:
    """One panel for each measured section that is not a table alone, as PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    panels = panels_of(report)
    across = min(2, max(1, len(panels)))
    down = max(1, -(-len(panels) // across))
    size = (PANEL_INCHES[0] * across, PANEL_INCHES[1] * down)
    figure, grid = pyplot.subplots(down, across, figsize=size, squeeze=False, layout="constrained")
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    for panel, axes in zip(panels, grid.flat, strict=False):
        panel(report, axes)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=DPI)
    pyplot.close(figure)


def panels_of(report: Report) -> list[Callable[[Report, Axes], None]]:
    measured = {_speed: report.speed, _profile: report.profile, _growth: report.growth, _scaling: report.scaling}
    return [panel for panel, section in measured.items() if section]


def _speed(report: Report, axes: Axes) -> None:
    assert report.speed is not None
    medians = report.speed.medians
    for shift, colour, label, numbers in (
        (-0.2, BLUE, "wall", [cost.wall_s for cost in medians.values()]),
        (0.2, ORANGE, "CPU", [cost.cpu_s for cost in medians.values()]),
    ):
        bars = axes.barh([at + shift for at in range(len(medians))], numbers, 0.38, color=colour, label=label)
        axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.set_yticks(range(len(medians)), [NAMES[system] for system in medians])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set(title=f"Time for a recording of {report.footage.length_s:.0f} s", xlabel="seconds")
    axes.legend(loc="best", frameon=False)


def _profile(report: Report, axes: Axes) -> None:
    assert report.profile is not None
    stages_s = report.profile.stages_s
    bars = axes.barh(list(stages_s), list(stages_s.values()), color=GREEN)
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set(title="Stages of the pipeline, on one core", xlabel="seconds")


def _growth(report: Report, axes: Axes) -> None:
    assert report.growth is not None
    minutes = [length.minutes for length in report.growth]
    memory_mb = [length.cost.peak_process_mb for length in report.growth]
    axes.plot(minutes, memory_mb, color=BLUE, marker="o")
    axes.set_xscale("log")
    axes.set_xticks(minutes, [f"{length:g}" for length in minutes])
    axes.minorticks_off()
    axes.set_ylim(0, max(memory_mb) * 1.25)
    axes.set(title="Memory and time by length", xlabel="length of the recording (min)")
    axes.set_ylabel("peak memory of the largest process (MB)", color=BLUE)
    _time_per_minute(report, axes)


def _time_per_minute(report: Report, axes: Axes) -> None:
    assert report.growth is not None
    per_minute_s = [length.cost.wall_s / length.minutes for length in report.growth]
    other = axes.twinx()
    other.plot([length.minutes for length in report.growth], per_minute_s, color=ORANGE, marker="s", linestyle="--")
    other.set_ylim(0, max(per_minute_s) * 1.25)
    other.set_ylabel("wall time per minute of recording (s)", color=ORANGE)
    other.spines["top"].set_visible(False)


def _scaling(report: Report, axes: Axes) -> None:
    assert report.scaling is not None
    analysers = [one.analysers for one in report.scaling]
    axes.plot(analysers, analysers, color=GREY, linestyle=":", label="in proportion")
    axes.plot(analysers, [one.speed_up for one in report.scaling], color=BLUE, marker="o", label="measured")
    axes.set_xticks(analysers)
    axes.set_ylim(0, max(analysers) * 1.1)
    axes.set(title="Speed-up by number of analysers", xlabel="analysers", ylabel="times as fast as one")
    axes.legend(loc="best", frameon=False)
