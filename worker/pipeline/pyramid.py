"""OpenCV's cascade at chosen sizes and places, window by window as its own search of the whole frame would.

`detectMultiScale` shrinks the frame level by level, each 1.1 times smaller than the one before, and moves a
window of 24 pixels over every level. Here the same levels are made, but only the windows that one asks for
are looked at; boxes that come out are those of the whole search, to the pixel, as long as all windows that
take part in a box are among them. The source is `cascadedetect.cpp` of OpenCV 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import cv2.data
import numpy as np

from shared.domain.samples import Box
from worker.pipeline.levels import WINDOW_PX, Corner, Grid, Level, Part
from worker.pipeline.luma import Luma

CASCADE = "haarcascade_frontalface_default.xml"  # OpenCV's own frontal face cascade
HAAR_SCALE = 1.1  # the prototype's value; OpenCV's own default
HAAR_NEIGHBOURS = 6  # the prototype's value; OpenCV's own default is 3
GROUP_EPSILON = 0.2  # OpenCV's own: how much windows of one face may differ, as a fraction of their size
DENSE_FACTOR = 2.0  # from here on OpenCV looks at every pixel of a level, below at every second one

Window = tuple[int, int, int, int]
"""x, y, width, height in pixels of the frame."""


@dataclass(frozen=True, slots=True)
class Area:
    """Where the middle of a window may lie, in pixels of the frame, and how wide the window may be."""

    x: float
    y: float
    reach_px: float
    min_px: float
    max_px: float


@lru_cache(maxsize=1)
def load_cascade() -> cv2.CascadeClassifier:
    """One for the process, because reading it takes 10 ms; of its threads, only one may search for faces.

    OpenCV is held to one thread in this process, so that analysers can share the cores.
    """
    cv2.setNumThreads(1)
    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / CASCADE))


def level_factors(height: int, width: int) -> list[np.float32]:
    """By how much the frame is shrunk at each level, as OpenCV counts: until a window fills it."""
    factors: list[np.float32] = []
    factor = 1.0
    while window_px(np.float32(factor)) <= min(height, width):
        factors.append(np.float32(factor))
        factor *= HAAR_SCALE
    return factors


def window_px(factor: np.float32) -> int:
    """The side of a level's window in pixels of the frame."""
    return round(float(WINDOW_PX * factor))


def group_windows(windows: Sequence[Window], neighbours: int) -> list[Box]:
    """Faces from windows, by OpenCV's own rule: overlapping ones are one face if more than `neighbours` agree."""
    boxes, _ = cv2.groupRectangles(list(windows), neighbours, GROUP_EPSILON)
    return [Box(x=x, y=y, width=w, height=h) for x, y, w, h in np.asarray(boxes, dtype=int).reshape(-1, 4).tolist()]


class Pyramid:
    """One frame's levels, made when they are first looked at, and kept with what was seen in them."""

    def __init__(self, cascade: cv2.CascadeClassifier, luma: Luma) -> None:
        self._cascade = cascade
        self._luma = luma
        self._factors = level_factors(*luma.shape)
        self._levels: dict[np.float32, Level] = {}

    def faces_in(self, area: Area, *, thorough: bool = True) -> list[Box]:
        """Faces made of the windows in an area, as the whole search would find them if it saw these alone.

        Args:
            thorough: Look at all windows; else at every second one, as on the black squares of a chessboard,
                and be content with half as many.
        """
        factors = [f for f in self._factors if area.min_px <= window_px(f) <= area.max_px]
        thorough = thorough or any(factor < DENSE_FACTOR for factor in factors)
        windows = [window for factor in factors for window in self._windows_in(area, factor, thorough=thorough)]
        return group_windows(windows, HAAR_NEIGHBOURS if thorough else HAAR_NEIGHBOURS // 2)

    def guesses(self, min_px: int, levels: slice) -> list[Box]:
        """Where faces may be, from a quarter of all windows of some levels; each guess wants a second look."""
        windows: list[Window] = []
        for factor in [f for f in self._factors if window_px(f) >= min_px][levels]:
            level = self._level(factor)
            windows += _in_frame(level.faces(Grid.EVEN, level.whole()), factor)
        return group_windows([*windows, *windows], 1)  # doubled, so that one window is enough

    def _windows_in(self, area: Area, factor: np.float32, *, thorough: bool) -> list[Window]:
        level = self._level(factor)
        height, width = level.luma.shape
        left, right = _stretch(area.x, area.reach_px, float(factor), width)
        top, bottom = _stretch(area.y, area.reach_px, float(factor), height)
        part = Part(left, top, right, bottom)
        return [
            window
            for grid in _grids(factor, thorough=thorough)
            for window in _in_frame(level.faces(grid, part), factor)
        ]

    def _level(self, factor: np.float32) -> Level:
        if factor not in self._levels:
            height, width = self._luma.shape
            size = round(float(np.float32(width) / factor)), round(float(np.float32(height) / factor))
            shrunk = cv2.resize(self._luma, size, interpolation=cv2.INTER_LINEAR_EXACT)
            self._levels[factor] = Level(self._cascade, np.asarray(shrunk, dtype=np.uint8))
        return self._levels[factor]


def _grids(factor: np.float32, *, thorough: bool) -> tuple[Grid, ...]:
    if not thorough:
        return Grid.EVEN, Grid.ODD
    return (Grid.EVERY,) if factor >= DENSE_FACTOR else (Grid.EVEN,)


def _stretch(middle_px: float, reach_px: float, factor: float, length: int) -> tuple[int, int]:
    """Where along one side of a level the corners of all windows around a place begin, and where they end."""
    begin = max(0, int((middle_px - reach_px) / factor - WINDOW_PX / 2) // 2 * 2)
    after = int((middle_px + reach_px) / factor + WINDOW_PX / 2) + 2
    return begin, min(length, after) - WINDOW_PX + 1


def _in_frame(corners: Sequence[Corner], factor: np.float32) -> list[Window]:
    """The windows of a level in pixels of the frame, rounded as OpenCV rounds: halves to even, in single precision."""
    side_px = window_px(factor)

    def place(pixel: int) -> int:
        return round(float(np.float32(pixel) * factor))

    return [(place(x), place(y), side_px, side_px) for x, y in corners]


def largest_first(boxes: Iterable[Box]) -> list[Box]:
    """In an order that depends on the boxes alone."""
    return sorted(boxes, key=lambda box: (-box.width * box.height, box.x, box.y))
