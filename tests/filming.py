"""Films a scene: any frame rate, codec, container and oddity. Needs PyAV and OpenCV only."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from tests.scene import Picture, Scene

ENCODERS = {
    "h264": "libx264",
    "hevc": "libx265",
    "vp9": "libvpx-vp9",
    "vp8": "libvpx",
    "av1": "libsvtav1",
    "mpeg4": "mpeg4",
    "mjpeg": "mjpeg",
}
# x264's AVX-512 code encodes a picture whose height is no multiple of 16 otherwise each time.
REPEATABLE = ["asm=MMX2,SSE2,SSSE3,SSE4.2"] if platform.machine() == "x86_64" else []
SPEED = {
    "h264": {"preset": "veryfast", "crf": "20"},
    "hevc": {"preset": "ultrafast", "crf": "20"},
    "vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "20", "b": "0"},
    "vp8": {"deadline": "realtime", "cpu-used": "8", "crf": "10", "b": "2M"},
    "av1": {"preset": "12", "crf": "25"},
    "mpeg4": {"qmin": "3", "qmax": "5", "b": "2M"},
    "mjpeg": {"qmin": "3", "qmax": "5"},
}
FORMATS = {"mkv": "matroska", "ts": "mpegts"}
CLOCK = Fraction(1, 90_000)  # fine enough for every frame rate
SOUND_RATE = 48_000
SOUND_FRAME = 1024


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One way to film a scene."""

    scene: Scene = field(default_factory=Scene)
    duration_s: float = 6.0
    fps: float = 25.0
    """29.97 and 59.94 mean 30000/1001 and 60000/1001."""
    width: int = 480
    height: int = 270
    codec: str = "h264"
    container: str = "mp4"
    times_s: tuple[float, ...] | None = None
    """Presentation times, where `fps` is not enough."""
    variable_rate: bool = False
    rotation: int = 0
    """Degrees clockwise that a player has to turn the picture."""
    pixel_shape: Fraction = Fraction(1)
    pixel_format: str = "yuv420p"
    full_range: bool = False
    start_s: float = 0.0
    gop_frames: int = 50
    b_frames: int = 2
    open_gop: bool = False
    intra_refresh: bool = False
    interlaced: bool = False
    resize_at_s: float | None = None
    """From here on the coded picture has half the width and height; for MPEG-TS."""
    sound: bool = False
    video: bool = True
    cover_art: bool = False
    extra_streams: int = 0
    live: bool = False
    """WebM as a browser's recorder writes it: no duration, no index."""
    fast_start: bool = False

    @property
    def frame_times_s(self) -> tuple[float, ...]:
        if self.times_s is not None:
            return self.times_s
        if self.variable_rate:
            return tuple(_uneven_times(self.duration_s))
        return tuple(float(number / self.rate) for number in range(round(self.duration_s * self.rate)))

    @property
    def rate(self) -> Fraction:
        return Fraction(round(self.fps * 1001 / 1000) * 1000, 1001) if self.fps % 1 else Fraction(self.fps)


def film(recipe: Recipe, path: Path) -> None:
    """Encode a recipe into a file."""
    options = {"live": "1"} if recipe.live else {"movflags": "faststart"} if recipe.fast_start else {}
    form = FORMATS.get(recipe.container, recipe.container)
    with _as_urgent_as_before(), av.open(str(path), "w", format=form, options=options) as output:
        _Camera(recipe, output).roll()


@contextmanager
def _as_urgent_as_before() -> Iterator[None]:
    """Where root runs it, SVT-AV1 makes the thread that calls it real-time, and so all that it starts afterwards.

    Two such processes that do not rest keep every other one from running.
    """
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, priority)


class _Camera:
    """Encodes one recipe into one open file."""

    def __init__(self, recipe: Recipe, output: OutputContainer) -> None:
        self.recipe = recipe
        self.output = output
        self.video = self._add_video() if recipe.video else None
        self.sounds: list[Any] = [output.add_stream("aac", rate=SOUND_RATE) for _ in range(self._sound_streams)]
        self.cover = self._add_cover() if recipe.cover_art else None

    @property
    def _sound_streams(self) -> int:
        return self.recipe.extra_streams + (self.recipe.sound or not self.recipe.video)

    def roll(self) -> None:
        self.output.start_encoding()
        for stream in self.sounds:
            self._play(stream)
        if self.cover is not None:
            self.output.mux(self.cover.encode(self._frame(0.0, (64, 36), "yuvj420p")))
        if self.video is not None:
            self._shoot(self.video)

    def _shoot(self, stream: Any) -> None:
        encoder: Any = stream.codec_context
        size = (self.recipe.width, self.recipe.height)
        for t_s in self.recipe.frame_times_s:
            if (
                self.recipe.resize_at_s is not None
                and t_s >= self.recipe.resize_at_s
                and encoder is stream.codec_context
            ):
                self._mux(encoder.encode(None), stream)
                size = (self.recipe.width // 4 * 2, self.recipe.height // 4 * 2)
                encoder = _encoder(self.recipe, *size)
            self._mux(encoder.encode(self._frame(t_s, size, self.recipe.pixel_format)), stream)
        self._mux(encoder.encode(None), stream)

    def _mux(self, packets: list[Any], stream: Stream) -> None:
        for packet in packets:
            packet.stream = stream
            self.output.mux(packet)

    def _frame(self, t_s: float, size: tuple[int, int], pixel_format: str) -> VideoFrame:
        picture = self._picture(t_s, size)
        span = {"dst_color_range": 2} if self.recipe.full_range or pixel_format.startswith("yuvj") else {}
        frame = VideoFrame.from_ndarray(picture, format="bgr24").reformat(format=pixel_format, **span)
        frame.time_base = self._clock
        frame.pts = round(Fraction(t_s + self.recipe.start_s) / self._clock)
        frame.pict_type = 0
        return frame

    def _picture(self, t_s: float, size: tuple[int, int]) -> Picture:
        """As coded: a quarter turn back from upright, and squeezed where pixels are not square."""
        width, height = self.recipe.width * self.recipe.pixel_shape, self.recipe.height
        upright = (height, int(width)) if self.recipe.rotation % 180 else (int(width), height)
        picture = np.rot90(self.recipe.scene.picture(t_s, *upright), self.recipe.rotation // 90)
        return np.ascontiguousarray(cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA))

    @property
    def _clock(self) -> Fraction:
        """AVI and MPEG-4 count frames; all others take times."""
        return 1 / self.recipe.rate if self.recipe.container == "avi" or self.recipe.codec == "mpeg4" else CLOCK

    def _add_video(self) -> Any:
        recipe = self.recipe
        stream: Any = self.output.add_stream(ENCODERS[recipe.codec], rate=recipe.rate, options=_options(recipe))
        _set_up(stream.codec_context, recipe, recipe.width, recipe.height)
        stream.codec_context.time_base = self._clock
        if recipe.rotation:
            stream.set_display_rotation(-recipe.rotation)
        return stream

    def _add_cover(self) -> Any:
        stream: Any = self.output.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuvj420p"
        stream.disposition = av.stream.Disposition.attached_pic
        return stream

    def _play(self, stream: Any) -> None:
        """A quiet tone."""
        for first in range(0, int(self.recipe.duration_s * SOUND_RATE), SOUND_FRAME):
            tone = 0.05 * np.sin(np.arange(first, first + SOUND_FRAME) * (2 * np.pi * 220 / SOUND_RATE))
            frame = av.AudioFrame.from_ndarray(np.tile(tone.astype(np.float32), (2, 1)), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, first, Fraction(1, SOUND_RATE)
            self.output.mux(stream.encode(frame))
        self.output.mux(stream.encode(None))


def _encoder(recipe: Recipe, width: int, height: int) -> VideoCodecContext:
    """An encoder apart from any stream, for a picture that changes its size midway."""
    encoder: Any = av.CodecContext.create(ENCODERS[recipe.codec], "w")
    encoder.options = _options(recipe)
    encoder.framerate = recipe.rate
    encoder.time_base = CLOCK
    _set_up(encoder, recipe, width, height)
    return encoder


def _set_up(context: Any, recipe: Recipe, width: int, height: int) -> None:
    context.width, context.height = width, height
    context.pix_fmt = recipe.pixel_format
    context.gop_size = recipe.gop_frames
    context.sample_aspect_ratio = recipe.pixel_shape
    if recipe.codec in ("h264", "hevc", "mpeg4"):
        context.max_b_frames = recipe.b_frames
    if recipe.full_range:
        context.color_range = 2


def _options(recipe: Recipe) -> dict[str, str]:
    options = dict(SPEED[recipe.codec])
    flags = {"open-gop": recipe.open_gop, "intra-refresh": recipe.intra_refresh, "tff": recipe.interlaced}
    extra = [f"{name}=1" for name, wanted in flags.items() if wanted]
    if recipe.codec == "hevc":
        options["x265-params"] = ":".join(["log-level=none", f"open-gop={int(recipe.open_gop)}"])
    elif recipe.codec == "h264":
        options["x264-params"] = ":".join([*REPEATABLE, *extra, *(["scenecut=0"] if extra else [])])
    return options


def _uneven_times(duration_s: float) -> Iterator[float]:
    """Frames 10 to 100 ms apart, in a pattern that never quite repeats."""
    t_s, number = 0.0, 0
    while t_s < duration_s:
        yield round(t_s, 3)
        number += 1
        t_s += 0.010 + 0.001 * (number * 37 % 91)
