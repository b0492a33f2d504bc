"""How much faster several analysers are than one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.measure import Cost, measure, median_cost
from bench.speed import Say, mien


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    analysers: int
    cost: Cost
    speed_up: float
    """The time of one analyser divided by the time of this many."""


def scale(video: Path, most: int, repeats: int, say: Say) -> list[Scale]:
    """From one analyser to as many as are asked for, the median of several repeats each."""
    costs: list[Cost] = []
    for analysers in range(1, most + 1):
        say(f"Scaling: {analysers} of {most} analysers")
        command = mien(video, "--json", analysers=analysers)
        costs.append(median_cost([measure(command).cost for _ in range(repeats)]))
    return [
        Scale(analysers=number, cost=cost, speed_up=costs[0].wall_s / cost.wall_s)
        for number, cost in enumerate(costs, start=1)
    ]
