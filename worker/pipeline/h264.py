"""Codes pictures as H.264 that every browser plays, each with its own time."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from shared.domain.plan import Plan
from worker.pipeline.luma import Colour, Orientation, fit, orientation_of, read_colour
from worker.pipeline.mux import Muxer
from worker.pipeline.sparse import TimedFrame

ENCODER = "libx264"
KEY_EVERY_S = 2.0  # how far a player has to decode to seek
MAX_GROUP = 300
THREADS = 2  # more would cost memory, some pictures each
BITS_PER_PIXEL_S = 12.0  # the ceiling of the rate: 11 Mbit/s at 1280x720, far above what a talk takes
MIN_RATE = 1_000_000
OPTIONS = {"preset": "veryfast", "crf": "23", "x264-params": "rc-lookahead=10"}
PLAIN = "yuv420p"
LIMITED = 1  # FFmpeg's AVCOL_RANGE_MPEG
SPACES = frozenset({1, 5, 6})  # AVCOL_SPC_BT709, BT470BG and SMPTE170M: those that every browser shows right
USUAL_FPS = 25.0  # of a recording of one frame


class H264Track:
    """The pictures of a recording, upright and of one size, coded anew."""

    def __init__(self, muxer: Muxer, plan: Plan, pixel_shape: Fraction | None) -> None:
        self._muxer = muxer
        self._plan = plan
        self._pixel_shape = pixel_shape
        self._fps = plan.facts.fps or USUAL_FPS
        self.width, self.height = (max(2, side - side % 2) for side in (plan.facts.width, plan.facts.height))
        self._stream = self._add_stream()
        self._begun = False

    def picture(self, frame: VideoFrame) -> Colour:
        """A frame as it is shown: (height, width, 3) uint8 BGR, a copy."""
        colour = read_colour(frame, self._pixel_shape)
        return fit(colour, self._plan.facts.width, self._plan.facts.height)

    def add(self, timed: TimedFrame, picture: Colour | None = None) -> None:
        """Code a frame at its time, with another picture in its place where one is given."""
        pts, frame = timed
        coded = self._coded(frame, picture)
        coded.pts, coded.time_base = pts - self._plan.start_pts, self._plan.time_base
        coded.pict_type = 0  # the encoder shall choose by itself, and not follow what the frame was before
        if not self._begun:
            self._begin(frame)
        self._mux(coded)

    def finish(self) -> None:
        self._mux(None)

    def _coded(self, frame: VideoFrame, picture: Colour | None) -> VideoFrame:
        """The same colours in the same colour space, in limited range."""
        if picture is None and self._is_shown_as_it_lies(frame):
            return frame.reformat(self.width, self.height, PLAIN, dst_color_range=LIMITED)
        shown = self.picture(frame) if picture is None else picture
        whole = np.ascontiguousarray(shown[: self.height, : self.width])
        space = frame.colorspace if frame.colorspace in SPACES else None
        return VideoFrame.from_ndarray(whole, format="bgr24").reformat(format=PLAIN, dst_colorspace=space)

    def _is_shown_as_it_lies(self, frame: VideoFrame) -> bool:
        fits = (frame.width, frame.height) == (self._plan.facts.width, self._plan.facts.height)
        return fits and orientation_of(frame) == Orientation() and not frame.format.is_rgb

    def _add_stream(self) -> VideoStream:
        fps = Fraction(self._fps).limit_denominator(1001)
        rate = max(MIN_RATE, int(self.width * self.height * BITS_PER_PIXEL_S))
        options = {**OPTIONS, "maxrate": str(rate), "bufsize": str(2 * rate)}
        stream = cast("VideoStream", self._muxer.output.add_stream(ENCODER, rate=fps, options=options))
        context: Any = stream.codec_context
        context.width, context.height, context.pix_fmt = self.width, self.height, PLAIN
        context.time_base = self._plan.time_base
        context.thread_count = THREADS
        context.gop_size = max(1, min(MAX_GROUP, round(KEY_EVERY_S * float(fps))))
        return stream

    def _begin(self, frame: VideoFrame) -> None:
        """Say what the colours mean, as the first frame says it."""
        context: Any = self._stream.codec_context
        context.color_range = LIMITED
        if frame.colorspace in SPACES:
            context.colorspace = frame.colorspace
            context.color_primaries, context.color_trc = frame.color_primaries, frame.color_trc
        self._begun = True

    def _mux(self, frame: VideoFrame | None) -> None:
        frame_pts = max(1, round(1 / self._fps / self._plan.time_base))
        for packet in self._stream.encode(frame):
            packet.duration = packet.duration or frame_pts  # containers ask it of the last one
            self._muxer.add(packet, self._stream)
