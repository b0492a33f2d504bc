"""Face crops in, probabilities of seven expressions out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.domain.samples import Box
from worker.pipeline.luma import Luma, to_full_range

Crops = NDArray[np.uint8]
Probabilities = NDArray[np.float32]

SIDE_PX = 64  # the input of fer's model, and of whoever judges how well a face can be seen
BATCH = 64  # crops held at a time
MARGIN = 0.1  # fer adds 10 px on each side whatever the size; this is the same on a face of 100 px


class Model(Protocol):
    """A way to read expressions; name, engine and hash go into the provenance of results."""

    @property
    def name(self) -> str: ...

    @property
    def engine(self) -> str: ...

    @property
    def sha256(self) -> str: ...

    @property
    def side_px(self) -> int:
        """Of the squares that it reads."""
        ...

    @property
    def margin(self) -> float:
        """Around a face's box, as a fraction of its width and height."""
        ...

    def probabilities(self, crops: Crops) -> Probabilities:
        """One row for each crop, whatever else is in the batch.

        Args:
            crops: (n, side_px, side_px) uint8, full range 0-255, n up to BATCH.

        Returns:
            (n, 7) float32 in the order of EMOTIONS, each row sums to 1.
        """
        ...


def crop_face(
    luma: Luma, box: Box, margin: float = MARGIN, *, side_px: int = SIDE_PX, full_range: bool = True
) -> Crops:
    """Cut a face out of a frame.

    Args:
        luma: (height, width) uint8.
        box: Pixels in `luma`; may reach outside, the border is replicated.
        margin: Added on each side, as a fraction of the box's width and height.
        side_px: Of the square that the face becomes.
        full_range: Whether `luma` goes from 0 to 255 rather than from 16 to 235.

    Returns:
        (side_px, side_px) uint8 copy, full range 0-255.
    """
    across, down = round(box.width * margin), round(box.height * margin)
    left, right = box.x - across, box.x + box.width + across
    top, bottom = box.y - down, box.y + box.height + down
    height, width = luma.shape
    inside = luma[max(0, top) : max(1, min(height, bottom)), max(0, left) : max(1, min(width, right))]
    border = max(0, -top), max(0, bottom - height), max(0, -left), max(0, right - width)
    face = cv2.copyMakeBorder(inside, *border, cv2.BORDER_REPLICATE) if any(border) else inside
    how = cv2.INTER_AREA if min(face.shape) >= side_px else cv2.INTER_LINEAR  # enlarging by area repeats pixels
    small = np.asarray(cv2.resize(face, (side_px, side_px), interpolation=how), dtype=np.uint8)
    return small if full_range else to_full_range(small)


def recognise(crops: Iterable[Crops], model: Model) -> Iterator[tuple[float, ...]]:
    """The probabilities of each crop, in order; holds one batch of crops at a time."""
    remaining = iter(crops)
    while batch := list(islice(remaining, BATCH)):
        for row in model.probabilities(np.stack(batch)):
            yield tuple(row.tolist())
