"""Which stage an epoch belongs to, and the learning rate at each step of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lab.recipes.recipe import Stage


@dataclass(frozen=True, slots=True)
class Place:
    """Where an epoch lies in its stage."""

    number: int
    stage: Stage
    epoch: int
    """Counted from the start of the stage."""
    epochs: int
    """Of the stage."""


def place_of(stages: Sequence[Stage], epoch: int, epochs: int) -> Place:
    """The stage of an epoch of so many in all; each stage gets its share of them, and at least one."""
    ends = _ends(stages, epochs)
    number = next((at for at, end in enumerate(ends) if epoch < end), len(ends) - 1)
    start = ends[number - 1] if number else 0
    return Place(number, stages[number], epoch - start, ends[number] - start)


def learning_rate(place: Place, done: float) -> float:
    """Linear from zero and then a cosine back to it (arXiv 1608.03983), without restarts.

    Args:
        done: Part of this epoch that is done, 0 to 1.
    """
    at, highest = place.epoch + done, place.stage.learning_rate
    warm_up = min(place.stage.warm_up_epochs, place.epochs / 2)
    if at < warm_up:
        return highest * at / warm_up
    fallen = (at - warm_up) / (place.epochs - warm_up)
    return highest * (1 + math.cos(math.pi * fallen)) / 2


def _ends(stages: Sequence[Stage], epochs: int) -> list[int]:
    """The epoch at which each stage ends."""
    total, passed, ends = sum(stage.share for stage in stages), 0.0, [0]
    for stage in stages:
        passed += stage.share
        ends.append(max(ends[-1] + 1, round(epochs * passed / total)))
    return [*ends[1:-1], max(epochs, ends[-1])]
