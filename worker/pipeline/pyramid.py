"""OpenCV's cascade at chosen sizes and places, window by window as its own search of the whole frame would.

`detectMultiScale` shrinks the frame level by level, each 1.1 times smaller than the one before, and moves a
window of 24 pixels over every level. Here the same levels are made, but only the windows that one asks for
are looked at; boxes that come out are those of the whole search, to the pixel, as long as all windows that
take part in a box are among them. The source is `cascadedetect.cpp` of OpenCV 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

from shared.domain.samples import Box
from worker.pipeline.luma import Luma

CASCADE = "haarcascade_frontalface_default.xml"  # OpenCV's own frontal face cascade
HAAR_SCALE = 1.1  # the prototype's value; OpenCV's own default
HAAR_NEIGHBOURS = 6  # the prototype's value; OpenCV's own default is 3
WINDOW_PX = 24  # of this cascade
GROUP_EPSILON = 0.2  # OpenCV's own: how much windows of one face may differ, as a fraction of their size
DENSE_FACTOR = 2.0  # from here on OpenCV looks at every pixel of a level, below at every second one

Windows = NDArray[np.intp]
"""(n, 4): x, y, width, height in pixels of the frame."""


class Look(Enum):
    """How many of the windows of an area are judged."""

    ALL = "all"
    HALF = "half"


@dataclass(frozen=True, slots=True)
class Area:
    """Where the middle of a window may lie, in pixels of the frame, and how wide the window may be."""

    x: float
    y: float
    reach_px: float
    min_px: float
    max_px: float


def load_cascade() -> cv2.CascadeClassifier:
    """OpenCV is held to one thread in this process, so that analysers can share the cores."""
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


def group_windows(windows: Sequence[Windows], neighbours: int) -> list[Box]:
    """Faces from windows, by OpenCV's own rule: overlapping ones are one face if more than `neighbours` agree."""
    rows = np.concatenate([*windows, np.empty((0, 4), dtype=np.intp)]).tolist()
    boxes, _ = cv2.groupRectangles(rows, neighbours, GROUP_EPSILON)
    return [Box(x=x, y=y, width=w, height=h) for x, y, w, h in np.asarray(boxes, dtype=int).reshape(-1, 4).tolist()]


class Pyramid:
    """One frame's levels, made when they are looked at."""

    def __init__(self, cascade: cv2.CascadeClassifier, luma: Luma) -> None:
        self._cascade = cascade
        self._luma = luma
        self._factors = level_factors(*luma.shape)

    def faces_in(self, area: Area, *, thorough: bool = True) -> list[Box]:
        """Faces made of the windows in an area, as the whole search would find them if it saw these alone.

        Args:
            thorough: Look at all windows; else at every second one, as on the black squares of a chessboard,
                and be content with half as many.
        """
        factors = [f for f in self._factors if area.min_px <= window_px(f) <= area.max_px]
        look = Look.ALL if thorough or any(factor < DENSE_FACTOR for factor in factors) else Look.HALF
        windows = [self._windows_in(area, factor, look) for factor in factors]
        return group_windows(windows, HAAR_NEIGHBOURS if look is Look.ALL else HAAR_NEIGHBOURS // 2)

    def guesses(self, min_px: int, levels: slice) -> list[Box]:
        """Where faces may be, from a quarter of all windows of some levels; each guess wants a second look."""
        factors = [f for f in self._factors if window_px(f) >= min_px][levels]
        windows = [self._spread(factor) for factor in factors]
        return group_windows([*windows, *windows], 1)  # doubled, so that one window is enough

    def _windows_in(self, area: Area, factor: np.float32, look: Look) -> Windows:
        level = self._level(factor)
        columns, left = _stretch(area.x, area.reach_px, float(factor), level.shape[1])
        rows, top = _stretch(area.y, area.reach_px, float(factor), level.shape[0])
        part = level[rows, columns]
        if look is Look.HALF:
            found = np.concatenate([self._every_second(part), self._every_second(part[1:, 1:]) + 1])
        else:
            found = self._every_one(part) if factor >= DENSE_FACTOR else self._every_second(part)
        return _to_frame(found + np.array([left, top]), factor)

    def _spread(self, factor: np.float32) -> Windows:
        return _to_frame(self._every_second(self._level(factor)), factor)

    def _level(self, factor: np.float32) -> Luma:
        height, width = self._luma.shape
        size = round(float(np.float32(width) / factor)), round(float(np.float32(height) / factor))
        return cv2.resize(self._luma, size, interpolation=cv2.INTER_LINEAR_EXACT)  # type: ignore[return-value]

    def _every_second(self, level: Luma) -> NDArray[np.intp]:
        """Corners of the windows that look like a face, of those in every second column of every second row.

        That is how OpenCV moves on a level that is not shrunk by two or more.
        """
        return self._judge(level, WINDOW_PX)

    def _every_one(self, level: Luma) -> NDArray[np.intp]:
        """Corners of the windows that look like a face.

        For OpenCV to move by one pixel, the level is doubled, and OpenCV told to halve it again, which gives the
        same pixels back.
        """
        doubled = cv2.resize(level, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST) if level.size else level
        return self._judge(np.asarray(doubled, dtype=np.uint8), 2 * WINDOW_PX) // 2

    def _judge(self, level: Luma, side_px: int) -> NDArray[np.intp]:
        if min(level.shape) < side_px:
            return np.empty((0, 2), dtype=np.intp)
        side = (side_px, side_px)
        found = self._cascade.detectMultiScale(level, scaleFactor=2.0, minNeighbors=0, minSize=side, maxSize=side)
        return np.asarray(found, dtype=np.intp).reshape(-1, 4)[:, :2]


def _stretch(middle_px: float, reach_px: float, factor: float, length: int) -> tuple[slice, int]:
    """The part of a level that holds all windows around a place, and where it begins: at an even pixel."""
    first = int((middle_px - reach_px) / factor - WINDOW_PX / 2) // 2 * 2
    after = int((middle_px + reach_px) / factor + WINDOW_PX / 2) + 2
    begin = min(max(0, first), length)
    return slice(begin, min(length, max(begin, after))), begin


def _to_frame(corners: NDArray[np.intp], factor: np.float32) -> Windows:
    side_px = window_px(factor)
    places = np.rint(corners.astype(np.float32) * factor).astype(np.intp)
    return np.hstack([places, np.full((len(places), 2), side_px, dtype=np.intp)])


def largest_first(boxes: Iterable[Box]) -> list[Box]:
    """In an order that depends on the boxes alone."""
    return sorted(boxes, key=lambda box: (-box.width * box.height, box.x, box.y))
