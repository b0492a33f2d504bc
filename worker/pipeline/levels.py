"""One level of a pyramid: a shrunken frame, and which of its windows have been judged.

A face that moved is looked at more than once in one frame; windows that were judged before are not judged again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

import cv2
import numpy as np

from worker.pipeline.luma import Luma

WINDOW_PX = 24  # of this cascade

Corner = tuple[int, int]
"""Column and row of a window's upper left pixel in its level."""


class Grid(Enum):
    """On which pixels of a level the corners of judged windows lie."""

    EVEN = "even"
    """Every second column of every second row: how OpenCV moves on a level that is not shrunk by two or more."""
    ODD = "odd"
    """The same, moved by one pixel both ways: together the black squares of a chessboard."""
    EVERY = "every"
    """All: how OpenCV moves on the other levels."""


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of corners; `right` and `bottom` are not in it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def is_empty(self) -> bool:
        return self.left >= self.right or self.top >= self.bottom

    def holds(self, corner: Corner) -> bool:
        return self.left <= corner[0] < self.right and self.top <= corner[1] < self.bottom

    def without(self, other: Part) -> Iterator[Part]:
        """What lies outside another part: itself, or up to four strips around it."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        if left >= right or top >= bottom:
            yield self
            return
        strips = (
            Part(self.left, self.top, self.right, top),
            Part(self.left, bottom, self.right, self.bottom),
            Part(self.left, top, left, bottom),
            Part(right, top, self.right, bottom),
        )
        yield from (strip for strip in strips if not strip.is_empty)


@dataclass(slots=True)
class _Judged:
    parts: list[Part] = field(default_factory=list)
    faces: list[Corner] = field(default_factory=list)


class Level:
    """A frame shrunk to where a face has the size of the cascade's window.

    OpenCV leaves out the window beside one that its first stage rejects, so that it matters a little where a part
    begins: a part that is judged in strips may differ by such windows from one that is judged at once.
    """

    def __init__(self, cascade: cv2.CascadeClassifier, luma: Luma) -> None:
        self.luma = luma
        self._cascade = cascade
        self._judged = {grid: _Judged() for grid in Grid}

    def whole(self) -> Part:
        height, width = self.luma.shape
        return Part(0, 0, width - WINDOW_PX + 1, height - WINDOW_PX + 1)

    def faces(self, grid: Grid, wanted: Part) -> list[Corner]:
        """Corners in a part whose windows look like a face."""
        judged = self._judged[grid]
        missing = [] if wanted.is_empty else [wanted]
        for known in judged.parts:
            missing = [strip for part in missing for strip in part.without(known)]
        for part in missing:
            judged.faces += self._judge(grid, part)
        judged.parts += missing
        return [corner for corner in judged.faces if wanted.holds(corner)]

    def _judge(self, grid: Grid, part: Part) -> list[Corner]:
        """Begins on an even pixel, so that the corners of all parts lie on one grid."""
        shift = int(grid is Grid.ODD)
        left, top = part.left // 2 * 2 + shift, part.top // 2 * 2 + shift
        right, bottom = part.right + part.right % 2, part.bottom + part.bottom % 2
        pixels = self.luma[top : bottom + WINDOW_PX - 1, left : right + WINDOW_PX - 1]
        corners = self._every_one(pixels) if grid is Grid.EVERY else self._every_second(pixels)
        return [corner for x, y in corners if part.holds(corner := (x + left, y + top))]

    def _every_second(self, pixels: Luma) -> list[Corner]:
        return self._detect(pixels, WINDOW_PX)

    def _every_one(self, pixels: Luma) -> list[Corner]:
        """For OpenCV to move by one pixel, the pixels are doubled, and OpenCV told to halve them again.

        That gives the same pixels back.
        """
        if not pixels.size:
            return []
        doubled = cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
        return [(x // 2, y // 2) for x, y in self._detect(np.asarray(doubled, dtype=np.uint8), 2 * WINDOW_PX)]

    def _detect(self, pixels: Luma, side_px: int) -> list[Corner]:
        if min(pixels.shape) < side_px:
            return []
        side = (side_px, side_px)
        found = self._cascade.detectMultiScale(pixels, scaleFactor=2.0, minNeighbors=0, minSize=side, maxSize=side)
        return [(int(x), int(y)) for x, y, _, _ in found]
