"""How much light is on a face and how sharp it is, in whole numbers, which are the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.emotions import MARGIN, SIDE_PX, Crops

RIM_PX = ceil(SIDE_PX * MARGIN / (1 + 2 * MARGIN))  # of a crop: the margin, which shows what is around the face
NEAR, FAR = 1, 5  # pixels between the two whose difference is taken, before and after a mean over FAR
FULL = 255  # the largest value of either number


@dataclass(frozen=True, slots=True)
class Clarity:
    brightness: int
    """Mean luma of the face, 0 to 255."""
    sharpness: int
    """0 for a face without any detail that a blur could take, up to 255."""


def clarity_of(crop: Crops) -> Clarity:
    """Judge a face by the picture of it that the model sees, so that its size in the recording makes no difference.

    Args:
        crop: (64, 64) uint8, full range 0-255.
    """
    face = crop[RIM_PX:-RIM_PX, RIM_PX:-RIM_PX]
    sharpness = min(_sharpness_along(face), _sharpness_along(face.T))
    return Clarity(brightness=(int(face.sum()) + face.size // 2) // face.size, sharpness=sharpness)


def _sharpness_along(face: NDArray[np.uint8]) -> int:
    """How much of the differences between neighbours in a row a blur would take away: little where one did already.

    A share, so that neither light nor contrast makes a difference. Blur along one direction only, as of movement,
    shows in that direction, which is why the lesser of two counts. After Crété-Roffet, Dolmiere, Ladet and Nicolas,
    "The blur effect", SPIE 6492 (2007), with a mean over 5 pixels rather than 9, as a face has 52 here.
    """
    luma = face.astype(np.int16)
    skipped = FAR // 2
    before = FAR * np.abs(luma[:, skipped + NEAR : -skipped] - luma[:, skipped : -skipped - NEAR])
    after = np.abs(luma[:, FAR:] - luma[:, :-FAR])  # all but the ends of two adjoining means cancel out
    total = int(before.sum(dtype=np.int64))
    return FULL * int(np.maximum(before - after, 0).sum(dtype=np.int64)) // total if total else 0
