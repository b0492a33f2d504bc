"""What test recordings show: a portrait whose expression, place and size are functions of time.

Frame rates, containers and codecs are none of its business, so the same scene
filmed in two ways must give the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from math import pi, sin
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

PORTRAIT = Path(__file__).parent / "assets" / "face.jpg"
NOSE_XY = (224.0, 115.0)  # the middle of the face in the portrait
REGION = (slice(30, 220), slice(130, 320))  # rows and columns that expressions may move
PORTRAIT_LINES = 270.0  # at this height of the frame the portrait is shown at its own size
BLEND_S = 0.2  # how long a face takes from one expression to the next
THROAT_BGR = (28, 26, 44)

Point = tuple[float, float]


@dataclass(frozen=True)
class Handle:
    """A part of the face that an expression pulls; pairs are pulled symmetrically."""

    points: tuple[Point, ...]
    radius_px: float
    sideways: bool = False

    def pull(self, x: NDArray[np.float32], y: NDArray[np.float32], by_px: float) -> NDArray[np.float32]:
        """How far each pixel moves."""
        total = np.zeros_like(x)
        for number, (px, py) in enumerate(self.points):
            sign = (-1) ** number if self.sideways else 1
            total += sign * by_px * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * self.radius_px**2))
        return total


HANDLES = (
    Handle(((214, 92), (239, 93)), 7, sideways=True),  # inner ends of the brows
    Handle(((214, 92), (239, 93)), 7),
    Handle(((190, 91), (263, 95)), 8),  # outer ends of the brows
    Handle(((203, 98), (247, 100)), 6),  # upper lids
    Handle(((203, 106), (247, 108)), 6),  # lower lids
    Handle(((243, 142), (204, 141)), 9, sideways=True),  # corners of the mouth
    Handle(((204, 141), (243, 142)), 9),
    Handle(((224, 141),), 9),  # upper lip
    Handle(((224, 152),), 10),  # lower lip
    Handle(((212, 124), (234, 125)), 8),  # wings of the nose
    Handle(((224, 175),), 14),  # chin
)

# Pixels for each handle, and how open the mouth is, found by a random search for the smallest change that both
# mien-net and fer are sure about at any size of the face and any jitter of its box.
EXPRESSIONS: dict[str, tuple[float, ...]] = {
    "happy": (0.0,) * 12,
    "surprise": (-1.34, -0.06, -0.4, -1.59, 2.77, -4.75, 2.29, 1.15, 3.35, 0.97, 2.78, 1.0),
    "angry": (0.7, 6.6, -4.3, 0.9, 0.1, -6.4, 2.0, 1.5, 13.6, -5.5, -2.7, 0.0),
    "neutral": (2.35, 4.37, -0.65, 0.29, -2.82, -7.13, 8.96, 0.65, 6.16, 1.26, -8.75, 0.45),
}

Script = tuple[tuple[float, str], ...]
"""From which second on which expression is shown; the times lie off the grid of samples on purpose."""

INTERVIEW: Script = ((0.0, "happy"), (4.2, "surprise"), (8.2, "neutral"), (12.2, "angry"), (16.2, "happy"))


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A person before a camera. `people` 0 shows the room alone, 2 shows the same person twice."""

    script: Script = INTERVIEW
    people: int = 1
    away: Sequence[tuple[float, float]] = field(default=())
    """Stretches in which nobody is in the picture."""
    light: float = 1.0
    """A quarter is a dim room, and one and a half too much of it."""
    blur: float = 0.0
    """Of a lens out of focus: standard deviation as a share of the picture's height."""

    def picture(self, t_s: float, width: int, height: int) -> Picture:
        """The scene at a time.

        Returns:
            (height, width, 3) uint8 BGR.
        """
        shown = self._shown(t_s, width, height)
        if self.blur:
            shown = _bytes(cv2.GaussianBlur(shown, (0, 0), self.blur * height))
        return shown if self.light == 1 else _bytes(np.clip(shown * self.light, 0, 255))

    def _shown(self, t_s: float, width: int, height: int) -> Picture:
        if self.people == 0 or any(start_s <= t_s < end_s for start_s, end_s in self.away):
            return _room(width, height)
        each = width // self.people
        pictures = [_person(self.script, t_s, each, height, number) for number in range(self.people)]
        return np.ascontiguousarray(cv2.resize(np.hstack(pictures), (width, height)))


def _bytes(picture: Any) -> Picture:
    return np.asarray(picture, dtype=np.uint8)


def pulls_at(script: Script, t_s: float) -> tuple[float, ...]:
    """The handles at a time, blended linearly while an expression changes."""
    pulls = np.array(EXPRESSIONS[script[0][1]])
    for (_, before), (start_s, after) in pairwise(script):
        share = min(1.0, max(0.0, (t_s - start_s) / BLEND_S))
        if share > 0:
            pulls = np.array(EXPRESSIONS[before]) * (1 - share) + np.array(EXPRESSIONS[after]) * share
    return tuple(np.round(pulls, 3).tolist())


@lru_cache(maxsize=64)
def _portrait(pulls: tuple[float, ...]) -> Picture:
    """The portrait with an expression, (400, 512, 3) uint8 BGR."""
    portrait: Any = cv2.imread(str(PORTRAIT))
    rows, columns = REGION
    y, x = np.mgrid[rows, columns].astype(np.float32)
    across = sum(handle.pull(x, y, by) for handle, by in zip(HANDLES, pulls, strict=False) if handle.sideways)
    down = sum(handle.pull(x, y, by) for handle, by in zip(HANDLES, pulls, strict=False) if not handle.sideways)
    face: Any = cv2.remap(portrait, x - across, y - down, cv2.INTER_LINEAR)
    portrait[rows, columns] = _open_mouth(face, x, y, pulls)
    return portrait


def _open_mouth(face: Picture, x: NDArray[np.float32], y: NDArray[np.float32], pulls: tuple[float, ...]) -> Picture:
    """Darken an ellipse between the lips, as far as the last number says."""
    corners, upper, lower, opening = pulls[5], pulls[7], pulls[8], pulls[-1]
    half_height = max(1.0, (11 + lower - upper) / 2 - 1.5)
    middle_y, half_width = (293 + upper + lower) / 2, max(4.0, 13 + corners)
    inside = ((x - 224) / half_width) ** 2 + ((y - middle_y) / half_height) ** 2
    share = (opening / (1 + np.exp(np.clip((inside - 1) * 6, -50, 50))))[..., None]
    return np.clip(face * (1 - share) + np.array(THROAT_BGR) * share, 0, 255).astype(np.uint8)


def _person(script: Script, t_s: float, width: int, height: int, number: int) -> Picture:
    """Sways and leans slowly, so that the face moves and changes its size."""
    scale = height / PORTRAIT_LINES * (1 + 0.08 * sin(2 * pi * t_s / 11 + number))
    x = width * (0.5 + 0.06 * sin(2 * pi * t_s / 7 + 2 * number))
    y = height * (0.46 + 0.03 * sin(2 * pi * t_s / 5 + number))
    place = np.array([[scale, 0, x - scale * NOSE_XY[0]], [0, scale, y - scale * NOSE_XY[1]]])
    portrait = _portrait(pulls_at(script, t_s))
    size = (width, height)
    shown = cv2.warpAffine(portrait, place, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return shown.astype(np.uint8, copy=False)


@lru_cache(maxsize=4)
def _room(width: int, height: int) -> Picture:
    """A blurred wall with a lamp; nothing that looks like a face."""
    y, x = np.mgrid[0:height, 0:width]
    glow = np.exp(-(((x - width * 0.8) / width) ** 2 + ((y - height * 0.2) / height) ** 2) * 8)
    return (np.array([150, 160, 170]) + glow[..., None] * np.array([40, 55, 70])).clip(0, 255).astype(np.uint8)
