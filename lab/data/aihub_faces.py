"""Cuts the face that AI Hub's annotators framed out of its picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.data.aihub_labels import Dropped, Edges
from shared.domain.samples import Box
from worker.pipeline.emotions import crop_face

Face = NDArray[np.uint8]


def cut_face(content: bytes, box: Edges, side_px: int, margin: float) -> Face | Dropped:
    """Decode a picture and cut its face out, as the worker cuts faces out of frames.

    Args:
        content: A file in any format that OpenCV reads.
        box: Pixels of the upright picture; up to half of it may lie outside, the border is replicated.
        side_px: Of the square that the face becomes.
        margin: Added on each side, as a fraction of the box's longer edge.

    Returns:
        (side_px, side_px) uint8, gray, full range 0-255; or why there is none.
    """
    picture = decode(content)
    if picture is None:
        return Dropped.UNREADABLE
    if not _is_half_inside(box, picture):
        return Dropped.BOX_OUTSIDE
    square = square_around(box, margin)
    if square.width < side_px / 2:  # more than half of the face would be made up
        return Dropped.BOX_SMALL
    return crop_face(picture, square, 0, side_px=side_px)


def decode(content: bytes) -> Face | None:
    """(height, width) uint8, gray, turned upright by its EXIF orientation as the boxes are; None if cut off or foreign."""
    try:
        picture = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:  # an empty file, or more pixels than OpenCV takes
        return None
    return None if picture is None else np.asarray(picture, dtype=np.uint8)


def square_around(box: Edges, margin: float) -> Box:
    """The square on a box's longer edge and its middle, with the margin, in whole pixels."""
    left, top, right, bottom = box
    side = max(1, round(max(right - left, bottom - top) * (1 + 2 * margin)))
    x, y = round((left + right - side) / 2), round((top + bottom - side) / 2)
    return Box(x=x, y=y, width=side, height=side)


def _is_half_inside(box: Edges, picture: Face) -> bool:
    left, top, right, bottom = box
    height, width = picture.shape
    across = max(0.0, min(right, width) - max(left, 0.0))
    down = max(0.0, min(bottom, height) - max(top, 0.0))
    return bool(2 * across * down >= (right - left) * (bottom - top))
