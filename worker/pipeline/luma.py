"""A decoded frame as what the rest of the pipeline looks at: upright luma on one scale.

Whatever the codec, bit depth, range, rotation or shape of the pixels, the same
scene gives the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Colour = NDArray[np.uint8]

FULL_RANGE = 2  # FFmpeg's AVCOL_RANGE_JPEG
BLACK, WHITE = 16, 235  # limited range of 8-bit luma, ITU-R BT.601 and BT.709
SQUARE_ENOUGH = 0.01  # encoders note such shapes when they scale to whole pixels; stretching would only blur
MAX_PIXEL_STRETCH = 4  # a pixel shape beyond this is a damaged header, and would cost memory


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a coded picture becomes upright: transposed first, then mirrored."""

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @property
    def rotation(self) -> int:
        """Degrees clockwise from the coded to the upright picture: 0, 90, 180 or 270."""
        if self.transpose:
            return 90 if self.mirror_x else 270
        return 180 if self.mirror_y else 0


def orientation_of(frame: VideoFrame) -> Orientation:
    """Read the display matrix (ISO 14496-12, 6.2.2) that comes with a frame; slants count as the nearest quarter."""
    # `frame.side_data` would tie the frame into a cycle, and pictures would pile up until the collector runs.
    matrix: Any = SideDataContainer(frame).get("DISPLAYMATRIX")  # type: ignore[call-arg]  # its stub lacks it
    if matrix is None:
        return Orientation()
    a, b, _, c, d = np.frombuffer(bytes(matrix), dtype=np.int32)[:5].tolist()
    if abs(b) > abs(a):
        return Orientation(True, c < 0, b < 0)
    return Orientation(False, a < 0, d < 0)


def read_luma(frame: VideoFrame, pixel_shape: Fraction | None) -> Luma:
    """Turn a frame upright, with square pixels, in the range in which it is coded.

    Args:
        frame: Any pixel format.
        pixel_shape: Width over height of one coded pixel; None for square.

    Returns:
        (height, width) uint8, rows contiguous. A view of the frame's own memory where it can be, which keeps the
        frame alive: 8 bits, upright, square pixels.
    """
    if not _luma_is_alone(frame.format):
        luma = _bytes(cv2.cvtColor(frame.to_ndarray(format="bgr24"), cv2.COLOR_BGR2GRAY))
    else:
        luma = _coded_luma(frame)
    return upright(luma, orientation_of(frame), pixel_shape)


def is_full_range(frame: VideoFrame) -> bool:
    """Whether the frame's luma goes from 0 to 255 rather than from 16 to 235."""
    return frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj") or not _luma_is_alone(frame.format)


def to_full_range(luma: Luma) -> Luma:
    """Spread limited range over 0-255; a copy."""
    return _bytes(cv2.LUT(luma, _full_range_table()))


def read_colour(frame: VideoFrame, pixel_shape: Fraction | None) -> Colour:
    """Turn a frame upright, with square pixels.

    Returns:
        (height, width, 3) uint8, BGR, contiguous copy.
    """
    coded = _bytes(frame.to_ndarray(format="bgr24"))
    return upright(coded, orientation_of(frame), pixel_shape)


def upright(picture: NDArray[np.uint8], orientation: Orientation, pixel_shape: Fraction | None) -> NDArray[np.uint8]:
    """Stretch pixels to squares, then rotate.

    Args:
        picture: (height, width[, 3]) uint8 as coded.

    Returns:
        The upright picture; the same array where nothing had to be changed.
    """
    picture = _square(picture, pixel_shape)
    if orientation.transpose:
        picture = _bytes(cv2.transpose(picture))
    mirror = {(True, True): -1, (True, False): 1, (False, True): 0}.get((orientation.mirror_x, orientation.mirror_y))
    return picture if mirror is None else _bytes(cv2.flip(picture, mirror))


def fit(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Scale a picture into a frame of another size, centred on black: a recording may change its size midway.

    Returns:
        (height, width[, 3]) uint8; the same array when it fits already.
    """
    rows, columns = picture.shape[:2]
    if (rows, columns) == (height, width):
        return picture
    scale = min(width / columns, height / rows)
    inner = max(1, round(columns * scale)), max(1, round(rows * scale))
    shrinking = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((height, width, *picture.shape[2:]), dtype=np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(picture, inner, interpolation=shrinking)
    return canvas


def _coded_luma(frame: VideoFrame) -> Luma:
    """The Y plane as (height, width) uint8, in the range as coded: a view at 8 bits, a copy above."""
    bits, plane = frame.format.components[0].bits, frame.planes[0]
    kind = np.dtype(np.uint8 if bits == 8 else np.uint16)
    rows = np.frombuffer(memoryview(plane), dtype=kind).reshape(-1, plane.line_size // kind.itemsize)
    picture = rows[: frame.height, : frame.width]
    return _bytes(picture if bits == 8 else picture >> (bits - 8))


def _bytes(picture: NDArray[Any]) -> NDArray[np.uint8]:
    return picture.astype(np.uint8, copy=False)


def _luma_is_alone(form: VideoFormat) -> bool:
    """P010 and its like are left out because they keep their bits at the upper end."""
    shared = sum(component.plane == 0 for component in form.components) > 1
    return not (form.is_rgb or form.has_palette or form.is_big_endian or shared or form.name.startswith("p0"))


@lru_cache(maxsize=1)
def _full_range_table() -> NDArray[np.uint8]:
    levels = (np.arange(256) - BLACK) * (255 / (WHITE - BLACK))
    return _bytes(np.clip(np.rint(levels), 0, 255))


def _square(picture: NDArray[np.uint8], pixel_shape: Fraction | None) -> NDArray[np.uint8]:
    if (
        not pixel_shape
        or abs(pixel_shape - 1) < SQUARE_ENOUGH
        or not 1 / MAX_PIXEL_STRETCH <= pixel_shape <= MAX_PIXEL_STRETCH
    ):
        return picture
    rows, columns = picture.shape[:2]
    return _bytes(cv2.resize(picture, (max(1, round(columns * pixel_shape)), rows), interpolation=cv2.INTER_LINEAR))
