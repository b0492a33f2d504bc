"""What was seen at each sample, as values and as the compact bytes that are stored.

One row per segment is stored, never a row per frame, so a segment's samples travel
as columns: little-endian arrays behind a count, compressed. The API reads them back
without numpy.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.domain.emotions import EMOTIONS, dominant

Status = Literal["face", "no_face", "unreadable"]
STATUSES: tuple[Status, ...] = ("face", "no_face", "unreadable")

_HEADER = struct.Struct("<4sII")
_MAGIC, _OLDER_MAGIC = b"mns2", b"mns1"  # the older one lacks the measures
_COLUMNS = "IdBH"  # sample number, time, status, faces in this sample
_FACE_COLUMNS = "Iiiii"  # track, x, y, width, height
_MEASURES = "hh"  # brightness, sharpness
_NOT_MEASURED = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """Pixels of the upright frame; x and y are the upper left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def overlap(self, other: Box) -> float:
        """Intersection over union: 1 for equal boxes, 0 for boxes apart."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        common = max(0, across) * max(0, down)
        return common / (self.width * self.height + other.width * other.height - common)


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    track: int
    """Local to its segment as stored; of the whole recording once joined."""
    box: Box
    probabilities: tuple[float, ...]
    """One float32 value per label of EMOTIONS."""
    brightness: int | None = None
    """Mean luma, 0 to 255; None in results of pipelines before 1.3.0, which did not measure it."""
    sharpness: int | None = None
    """0 for blurred beyond all detail, up to 255; None as above."""

    @property
    def dominant(self) -> str:
        return dominant(self.probabilities)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    number: int
    """k, counted over the whole recording; its nominal time is k * interval_s."""
    t_s: float
    """Presentation time of the frame that stands for this sample."""
    status: Status
    faces: tuple[Face, ...] = ()


def pack_samples(samples: Sequence[Sample]) -> bytes:
    """Samples as bytes; equal samples give equal bytes on every machine."""
    faces = [face for sample in samples for face in sample.faces]
    columns: list[array[Any]] = [
        array("I", [sample.number for sample in samples]),
        array("d", [sample.t_s for sample in samples]),
        array("B", [STATUSES.index(sample.status) for sample in samples]),
        array("H", [len(sample.faces) for sample in samples]),
        array("I", [face.track for face in faces]),
        array("i", [face.box.x for face in faces]),
        array("i", [face.box.y for face in faces]),
        array("i", [face.box.width for face in faces]),
        array("i", [face.box.height for face in faces]),
        array("f", [p for face in faces for p in face.probabilities]),
        array("h", [_NOT_MEASURED if face.brightness is None else face.brightness for face in faces]),
        array("h", [_NOT_MEASURED if face.sharpness is None else face.sharpness for face in faces]),
    ]
    body = b"".join(_little_endian(column).tobytes() for column in columns)
    return _HEADER.pack(_MAGIC, len(samples), len(faces)) + zlib.compress(body, 6)


def unpack_samples(packed: bytes) -> list[Sample]:
    """The inverse of `pack_samples`. Raises ValueError when the bytes are not such samples."""
    if packed[:4] not in (_MAGIC, _OLDER_MAGIC):
        raise ValueError("not packed samples")
    magic, n_samples, n_faces = _HEADER.unpack_from(packed)
    reader = _ColumnReader(zlib.decompress(packed[_HEADER.size :]))
    numbers, times, statuses, counts = (reader.take(code, n_samples) for code in _COLUMNS)
    faces = iter(_read_faces(reader, n_faces, measured=magic == _MAGIC))
    return [
        Sample(number=number, t_s=t_s, status=STATUSES[status], faces=tuple(next(faces) for _ in range(count)))
        for number, t_s, status, count in zip(numbers, times, statuses, counts, strict=True)
    ]


def _read_faces(reader: _ColumnReader, n_faces: int, *, measured: bool) -> Iterator[Face]:
    tracks, xs, ys, widths, heights = (reader.take(code, n_faces) for code in _FACE_COLUMNS)
    width = len(EMOTIONS)
    probabilities = reader.take("f", n_faces * width)
    nothing = array("h", [_NOT_MEASURED]) * n_faces
    brightness, sharpness = (reader.take(code, n_faces) if measured else nothing for code in _MEASURES)
    for i, track in enumerate(tracks):
        yield Face(
            track=track,
            box=Box(x=xs[i], y=ys[i], width=widths[i], height=heights[i]),
            probabilities=tuple(probabilities[i * width : (i + 1) * width]),
            brightness=None if brightness[i] == _NOT_MEASURED else brightness[i],
            sharpness=None if sharpness[i] == _NOT_MEASURED else sharpness[i],
        )


class _ColumnReader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, code: str, count: int) -> array[Any]:
        column: array[Any] = array(code)
        end = self._at + count * column.itemsize
        if end > len(self._data):
            raise ValueError("packed samples end too early")
        column.frombytes(self._data[self._at : end])
        self._at = end
        return _little_endian(column)


def _little_endian(column: array[Any]) -> array[Any]:
    if sys.byteorder == "big":
        column.byteswap()
    return column
