"""How time and memory grow with the length of a recording."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Cost, measure
from bench.media import looped
from bench.speed import Say, mien


@dataclass(frozen=True, kw_only=True, slots=True)
class Length:
    minutes: float
    cost: Cost


def grow(video: Path, minutes: Sequence[float], say: Say) -> list[Length]:
    """Analyse loops of a recording, the shortest first; each is made beforehand and deleted afterwards."""
    return [_analyse_loop(video, length_min, say) for length_min in sorted(minutes)]


def _analyse_loop(video: Path, minutes: float, say: Say) -> Length:
    with tempfile.TemporaryDirectory() as folder:
        say(f"Growth: {minutes:g} minutes")
        loop = looped(video, minutes, Path(folder) / f"loop{video.suffix}")
        return Length(minutes=minutes, cost=measure(mien(loop, "--json")).cost)
