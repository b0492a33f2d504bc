"""Finds faces in a luma frame: everywhere, or first where they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from shared.domain.samples import Box
from worker.pipeline.luma import Luma
from worker.pipeline.pyramid import HAAR_NEIGHBOURS, HAAR_SCALE, Area, Pyramid, largest_first, load_cascade

MIN_FACE_PX = 48  # on a frame of REFERENCE_LINES, from the design
REFERENCE_LINES = 720


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a window may differ from a box: its middle in widths of the box, its size as fractions of the box's."""

    widths: float
    smallest: float
    largest: float


CLOSE = Reach(0.15, 0.75, 1.35)  # for a face that stays where it was
AROUND = Reach(0.2, 0.7, 1.4)  # for one that moved or is new; nearly all windows of one face lie within
FAR = Reach(0.6, 0.6, 1.6)  # for one that is not there any more
STILL_WIDTHS = 0.08  # a face that moved or grew by more is looked at again, carefully, around its new place
MAX_LOOKS = 3
LEVELS = 4  # a whole frame is searched on every fourth level, and each time on others; a face shows on six or so
SAME_FACE = 0.3  # boxes that share more of their common area show one face
NEWCOMERS_S = 10.0  # how often the whole frame is searched, from the design
MISSED_S = 2.0  # and how often while somebody who was there is missing
FORGOTTEN_S = 10.0  # after which a missing face is a newcomer


class Detector(Protocol):
    """A way to find faces; `name` goes into the provenance of results."""

    @property
    def name(self) -> str: ...

    def detect(self, luma: Luma, number: int) -> list[Box]:
        """Faces, in an order that depends on the boxes alone.

        Args:
            luma: (height, width) uint8, of either range.
            number: The sample's, counted over the whole recording; those of one detector only increase.
        """
        ...


class ExhaustiveDetector:
    """Searches the whole frame every time; what other detectors are measured against."""

    name = "exhaustive-1"

    def __init__(self) -> None:
        self._cascade = load_cascade()

    def detect(self, luma: Luma, number: int) -> list[Box]:  # noqa: ARG002  it remembers nothing
        side_px = min_face_px(*luma.shape)
        found = self._cascade.detectMultiScale(
            luma, scaleFactor=HAAR_SCALE, minNeighbors=HAAR_NEIGHBOURS, minSize=(side_px, side_px)
        )
        rows = np.asarray(found, dtype=int).reshape(-1, 4).tolist()
        return largest_first(Box(x=x, y=y, width=width, height=height) for x, y, width, height in rows)


@dataclass(frozen=True, slots=True)
class _Known:
    """A face, and the sample in which it was seen last."""

    box: Box
    number: int


class TrackedDetector:
    """Looks where the faces were, and over the whole frame when one is missing, when there is none, and every 10 s.

    It judges windows of the exhaustive search, and far fewer: every second one close to a face that is there,
    every one where a face is lost or suspected, and one in sixteen of the whole frame to suspect faces by.
    It remembers faces, so each segment needs its own.

    Args:
        interval_s: Between samples.
    """

    name = "tracked-2"

    def __init__(self, interval_s: float) -> None:
        self._cascade = load_cascade()
        self._newcomers, self._missed, self._forgotten = (
            max(1, round(span_s / interval_s)) for span_s in (NEWCOMERS_S, MISSED_S, FORGOTTEN_S)
        )
        self._known: list[_Known] = []

    def detect(self, luma: Luma, number: int) -> list[Box]:
        view = _View(Pyramid(self._cascade, luma), min_face_px(*luma.shape))
        again = {known: view.find_again(known.box) for known in self._known}
        found = _distinct(box for box in again.values() if box is not None)
        missing = [known for known, box in again.items() if box is None]
        if not found or self._is_due(number, missing):
            found = _distinct([*found, *view.find_anywhere(found, turn=number // self._newcomers)])
        self._remember(found, missing, number)
        return largest_first(found)

    def _is_due(self, number: int, missing: list[_Known]) -> bool:
        """Always at the first sample that misses a face, later now and then."""
        return number % self._newcomers == 0 or any((number - lost.number - 1) % self._missed == 0 for lost in missing)

    def _remember(self, found: list[Box], missing: list[_Known], number: int) -> None:
        lost = [
            known
            for known in missing
            if number - known.number < self._forgotten and not any(known.box.overlap(box) > SAME_FACE for box in found)
        ]
        self._known = [*(_Known(box, number) for box in found), *lost]


class _View:
    """One frame, as the tracked detector looks at it."""

    def __init__(self, pyramid: Pyramid, min_px: int) -> None:
        self._pyramid = pyramid
        self._min_px = min_px

    def find_again(self, last: Box) -> Box | None:
        box = self._nearest(last, CLOSE, thorough=False)
        if box is not None:
            return box if _is_still(last, box) else self._settle(box, thorough=False)
        return self._settle(self._nearest(last, FAR))

    def find_anywhere(self, known: Sequence[Box], *, turn: int) -> list[Box]:
        """Faces besides the known ones, on some levels; on the others too while none is known or found."""
        found: list[Box] = []
        for shift in range(LEVELS):
            if shift == 0 or not (known or found):
                found = self._look_closely(slice((turn + shift) % LEVELS, None, LEVELS), known)
        return found

    def _look_closely(self, levels: slice, known: Sequence[Box]) -> list[Box]:
        found: list[Box] = []
        for guess in largest_first(self._pyramid.guesses(self._min_px, levels)):
            if not any(_holds(box, guess) for box in (*known, *found)):
                box = self._settle(self._nearest(guess, AROUND))
                found += [box] if box else []
        return found

    def _settle(self, box: Box | None, *, thorough: bool = True) -> Box | None:
        """Look around a face until it stays where it is, so that nearly all its windows have been in reach."""
        for _ in range(MAX_LOOKS):
            again = box and self._nearest(box, AROUND, thorough=thorough)
            if box is None or again is None or _is_still(box, again):
                return again or box
            box = again
        return box

    def _nearest(self, last: Box, reach: Reach, *, thorough: bool = True) -> Box | None:
        x, y = last.middle
        smallest_px = max(self._min_px, reach.smallest * last.width)
        area = Area(x, y, reach.widths * last.width, smallest_px, reach.largest * last.width)
        faces = self._pyramid.faces_in(area, thorough=thorough)
        return min(faces, key=lambda box: (_distance(box, last), box.x, box.y, box.width), default=None)


def min_face_px(height: int, width: int) -> int:
    """The smallest face searched for, in proportion to the frame's shorter side, so that turning it changes nothing."""
    return max(1, round(MIN_FACE_PX * min(height, width) / REFERENCE_LINES))


def _distinct(boxes: Iterable[Box]) -> list[Box]:
    """One box of each face, the largest."""
    kept: list[Box] = []
    for box in largest_first(boxes):
        if not any(box.overlap(other) > SAME_FACE for other in kept):
            kept.append(box)
    return kept


def _is_still(last: Box, box: Box) -> bool:
    ratio = box.width / last.width
    return _distance(box, last) <= STILL_WIDTHS * last.width and 1 / (1 + STILL_WIDTHS) < ratio < 1 + STILL_WIDTHS


def _distance(box: Box, other: Box) -> float:
    (x, y), (other_x, other_y) = box.middle, other.middle
    return max(abs(x - other_x), abs(y - other_y))


def _holds(box: Box, guess: Box) -> bool:
    """Whether a guess lies within a face that is already found."""
    x, y = guess.middle
    return box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height and guess.width <= 2 * box.width
