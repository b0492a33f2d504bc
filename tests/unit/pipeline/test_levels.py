"""No window is judged twice, and none is left out."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from worker.pipeline.levels import WINDOW_PX, Corner, Grid, Level, Part

EDGES = (0, 1, 2, 5, 6, 9)
PARTS = [Part(left, 2, right, 7) for left, right in product(EDGES, EDGES) if left < right]


class Credulous:
    """A cascade that takes every window for a face, moves like OpenCV's, and counts."""

    def __init__(self) -> None:
        self.judged = 0

    def detectMultiScale(self, pixels: Any, *, minSize: tuple[int, int], **_: Any) -> list[list[int]]:  # noqa: N802, N803  OpenCV's names
        step = 2  # of doubled pixels one, of plain ones every second
        rows, columns = (range(0, length - minSize[0] + 1, step) for length in pixels.shape)
        found = [[x, y, *minSize] for y in rows for x in columns]
        self.judged += len(found)
        return found


def level_of(cascade: Any, width: int = 60, height: int = 50) -> Level:
    return Level(cascade, np.zeros((height, width), dtype=np.uint8))


def corners_in(part: Part) -> set[Corner]:
    return set(product(range(part.left, part.right), range(part.top, part.bottom)))


@pytest.mark.parametrize("other", PARTS)
@pytest.mark.parametrize("part", [Part(1, 1, 8, 8), Part(0, 3, 3, 5), Part(2, 2, 6, 7)])
def test_strips_cover_what_lies_outside_another_part_once(part: Part, other: Part) -> None:
    strips = list(part.without(other))
    covered = [corner for strip in strips for corner in corners_in(strip)]
    assert len(covered) == len(set(covered))
    assert set(covered) == corners_in(part) - corners_in(other)


@pytest.mark.parametrize(("grid", "first", "step"), [(Grid.EVEN, 0, 2), (Grid.ODD, 1, 2), (Grid.EVERY, 0, 1)])
@pytest.mark.parametrize("wanted", [Part(0, 0, 37, 27), Part(3, 4, 10, 9), Part(4, 3, 5, 4), Part(30, 20, 37, 27)])
def test_a_part_s_windows_are_those_of_the_grid(grid: Grid, first: int, step: int, wanted: Part) -> None:
    faces = level_of(Credulous()).faces(grid, wanted)
    on_grid = {(x, y) for x, y in corners_in(wanted) if x % step == first % step and y % step == first % step}
    assert len(faces) == len(set(faces))
    assert set(faces) == on_grid


@pytest.mark.parametrize("grid", list(Grid))
def test_looking_again_finds_the_same_and_judges_only_what_is_new(grid: Grid) -> None:
    cascade, part = Credulous(), Part(4, 4, 12, 12)
    level = level_of(cascade)
    once = level.faces(grid, part)
    judged = cascade.judged
    assert level.faces(grid, part) == once
    assert cascade.judged == judged
    level.faces(grid, Part(4, 4, 14, 12))
    fresh = Credulous()
    level_of(fresh).faces(grid, Part(12, 4, 14, 12))
    assert cascade.judged - judged == fresh.judged


def test_a_whole_level_holds_every_window() -> None:
    assert level_of(Credulous(), 60, 50).whole() == Part(0, 0, 60 - WINDOW_PX + 1, 50 - WINDOW_PX + 1)


@pytest.mark.parametrize(("width", "height"), [(24, 24), (23, 400), (3, 3)])
def test_a_level_hardly_larger_than_a_window_has_few_or_none(width: int, height: int) -> None:
    level = level_of(Credulous(), width, height)
    assert level.faces(Grid.EVERY, level.whole()) == ([(0, 0)] if width >= WINDOW_PX else [])
    assert level.faces(Grid.ODD, level.whole()) == []
