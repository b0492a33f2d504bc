"""Draws the picture of a moment."""

from __future__ import annotations

import cv2

from shared.domain.errors import MediaUnreadable
from shared.domain.samples import Box
from worker.pipeline.luma import Colour

BOX_BGR = (80, 200, 255)
JPEG_QUALITY = 85
LINES_PER_STROKE = 180  # a stroke of 2 px at 360 lines, of 6 at 1080


def draw_moment(picture: Colour, box: Box | None) -> bytes:
    """Box the face and encode.

    Args:
        picture: (height, width, 3) uint8 BGR; drawn upon.
        box: Pixels in `picture`; None leaves it as it is.

    Returns:
        A JPEG file.
    """
    if box is not None:
        corners = (box.x, box.y), (box.x + box.width, box.y + box.height)
        cv2.rectangle(picture, *corners, BOX_BGR, max(2, round(picture.shape[0] / LINES_PER_STROKE)))
    encoded, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not encoded:
        raise MediaUnreadable("The frame cannot be encoded as a picture.")
    return jpeg.tobytes()
