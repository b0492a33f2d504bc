"""Mien beside other programs: the same recording, the same cores, one after the other in every repeat."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.measure import ROOT, Cost, Outcome, measure, median_cost

Say = Callable[[str], None]
"""Told in words what is going on."""

MIEN, FFMPEG, FER_VIDEO, PROTOTYPE = "mien", "ffmpeg", "fer_video", "prototype"
SYSTEMS = (MIEN, FFMPEG, FER_VIDEO, PROTOTYPE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Speed:
    repeats: int
    runs: dict[str, list[Cost]]
    """By system, in the order in which they ran."""
    medians: dict[str, Cost]
    ratios: dict[str, dict[str, float]]
    """By other system and number of `Cost`: Mien's median divided by the other's; below 1 is less."""


def cores() -> int:
    """How many cores this process and its children may use."""
    return len(os.sched_getaffinity(0))


def mien(video: Path, *arguments: str, analysers: int | None = None) -> list[str]:
    """Mien's command line, run as its users run it."""
    return [str(ROOT / "mien"), "analyze", str(video), "--analysers", str(analysers or cores()), *arguments]


def command_of(system: str, video: Path) -> list[str]:
    """The command that carries out the work of one system."""
    if system == MIEN:
        return mien(video, "--json")
    if system == FFMPEG:
        return ["ffmpeg", "-nostdin", "-v", "error", "-i", str(video), "-f", "null", "-"]
    return [sys.executable, "-m", f"bench.baselines.{system}", str(video)]


def compare(video: Path, repeats: int, systems: Sequence[str], say: Say) -> Speed:
    """Measure each system as often as is asked for.

    Raises:
        BenchFailed: One of them could not be run.
    """
    runs: dict[str, list[Cost]] = {system: [] for system in systems}
    for number in range(repeats):
        for system in systems:
            say(f"Repeat {number + 1} of {repeats}: {system}")
            runs[system].append(_run(system, video).cost)
    medians = {system: median_cost(costs) for system, costs in runs.items()}
    return Speed(repeats=repeats, runs=runs, medians=medians, ratios=ratios(medians))


def ratios(medians: Mapping[str, Cost]) -> dict[str, dict[str, float]]:
    """Mien's numbers divided by those of every other system; those that are zero are left out."""
    ours = asdict(medians[MIEN])
    return {
        system: {name: ours[name] / number for name, number in asdict(cost).items() if number}
        for system, cost in medians.items()
        if system != MIEN
    }


def _run(system: str, video: Path) -> Outcome:
    """In a folder that is thrown away, because fer leaves things behind."""
    with tempfile.TemporaryDirectory() as folder:
        return measure(command_of(system, video), Path(folder))
