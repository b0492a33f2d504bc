"""Recordings whose frames refer to each other in whatever way x264 can be told to."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame

from shared.domain.plan import Segment
from worker.pipeline.luma import Luma, read_luma
from worker.pipeline.run import Recording
from worker.pipeline.sparse import wanted_frames

WIDTH, HEIGHT, FPS = 96, 64, 25
FORMATS = {".ts": "mpegts", ".mkv": "matroska"}


def encode(path: Path, parameters: str, *, frames: int = 100, pixel_format: str = "yuv420p", preset: str = "") -> Path:
    """Encode drifting, flickering noise, in which a wrong reference shows at once.

    Args:
        parameters: x264's own, separated by colons.
        preset: x264's; by default `veryfast`.
    """
    options = {"preset": preset or "veryfast", "crf": "24", "x264-params": parameters}
    with av.open(str(path), "w", format=FORMATS.get(path.suffix)) as output:
        stream: Any = output.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixel_format
        stream.codec_context.time_base = Fraction(1, FPS)
        for number, picture in enumerate(_pictures(frames)):
            frame = VideoFrame.from_ndarray(picture, format="gray").reformat(format=pixel_format)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def _pictures(frames: int) -> Iterator[Luma]:
    """A drifting texture that is covered by another one now and then, and grows darker and brighter."""
    noise = np.random.default_rng(7).integers(0, 256, (2, HEIGHT + 80, WIDTH + 80)).astype(np.float64)
    smooth = (noise + np.roll(noise, 1, 1) + np.roll(noise, 1, 2) + np.roll(noise, 2, 1)) / 4
    for number in range(frames):
        x, y = int(20 + 18 * np.sin(number / 5)), number % 60
        picture = smooth[number // 37 % 2, y : y + HEIGHT, x : x + WIDTH].copy()
        at = number * 3 % (WIDTH - 24)
        picture[16:40, at : at + 24] = smooth[1 - number // 37 % 2, 16:40, at : at + 24]
        yield (picture * (0.7 + 0.3 * np.sin(number / 9))).astype(np.uint8)


def all_frames(path: Path) -> dict[int, Luma]:
    """Every frame of a recording by its time, decoded one after the other."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        return {frame.pts: read_luma(frame, None).copy() for frame in container.decode(stream) if frame.pts is not None}


def some_frames(path: Path, wanted: tuple[int, ...], passed: list[int] | None = None) -> dict[int, Luma]:
    """Only the wanted frames, decoding as little as possible.

    Args:
        passed: Is given the times of pictures that were passed over although others may refer to them.
    """
    segment = Segment(index=0, seek_pts=0, start_pts=-(2**40), end_pts=None, first_sample=0, frame_pts=wanted)
    with Recording(path) as recording:
        _note(recording, [] if passed is None else passed)
        return {pts: read_luma(frame, None).copy() for pts, frame in wanted_frames(recording, segment, lambda: None)}


def _note(recording: Recording, passed: list[int]) -> None:
    decode = recording.decode

    def noting(packet: Any) -> list[VideoFrame]:
        if packet is not None and recording.stream.codec_context.skip_frame == "BIDIR":
            passed.append(packet.pts)
        return decode(packet)

    recording.decode = noting  # type: ignore[method-assign]
