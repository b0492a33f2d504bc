"""Looks at what was made, with PyAV alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Film:
    container: str
    video: str
    sound: str | None
    pixels: str | None
    size: tuple[int, int]
    times_s: tuple[float, ...]
    duration_s: float
    sound_s: float
    """How long the sound is."""


def watch(path: Path) -> Film:
    """Decode a file to its end."""
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        times = tuple(float(frame.time or 0.0) for frame in film.decode(stream))
        sound = film.streams.audio[0] if film.streams.audio else None
        return Film(
            container=film.format.name,
            video=stream.codec_context.codec.canonical_name,
            sound=sound.codec_context.codec.canonical_name if sound else None,
            pixels=stream.codec_context.pix_fmt,
            size=(stream.width, stream.height),
            times_s=times,
            duration_s=(film.duration or 0) / 1e6,
            sound_s=_length_of_sound(path),
        )


def _length_of_sound(path: Path) -> float:
    with av.open(str(path)) as film:
        frames = list(film.decode(audio=0)) if film.streams.audio else []
        return sum(frame.samples / frame.sample_rate for frame in frames)


def picture_at(path: Path, t_s: float) -> Picture:
    """The frame shown at a time, reached by seeking: (height, width, 3) uint8 BGR."""
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        film.seek(int(t_s / float(stream.time_base or 1)), stream=stream)
        shown = None
        for frame in film.decode(stream):
            if shown is not None and float(frame.time or 0.0) > t_s + 1e-6:
                break
            shown = frame
        assert shown is not None
        return shown.to_ndarray(format="bgr24").astype(np.uint8, copy=False)


def boxes_of(path: Path) -> list[str]:
    """The top boxes of an MP4, in order (ISO 14496-12, 4.2)."""
    data, names, at = path.read_bytes(), [], 0
    while at + 8 <= len(data):
        size, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8].decode("latin-1")
        names.append(name)
        at += int.from_bytes(data[at + 8 : at + 16]) if size == 1 else max(size, 8)
    return names
