"""A browser with a camera: what it sees is a recording of ours, in a form that Chromium takes for one."""

from __future__ import annotations

import os
import shutil
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from tests.recordings import DEMO_PATH
from tests.ui.conftest import CHROMIUMS, NO_CHROMIUM

FRAMES = 250  # ten seconds, which Chromium shows over and over
SOUND = "--use-fake-device-for-media-stream"


def find_chromium() -> str:
    """Skips the test where there is none; in continuous integration it has to be there."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_CHROMIUM)
    return found


def camera_arguments(folder: Path) -> list[str]:
    """For Chromium: a camera that sees the demo's face and a microphone that beeps, instead of real ones."""
    film = folder / "camera.mjpeg"
    if not film.exists():
        film.write_bytes(motion_jpeg(DEMO_PATH))
    return [SOUND, f"--use-file-for-fake-video-capture={film}"]


def motion_jpeg(recording: Path) -> bytes:
    """The first frames of a recording as JPEG files one after the other."""
    with av.open(str(recording)) as source:
        stream = source.streams.video[0]
        encoder = av.VideoCodecContext.create("mjpeg", "w")
        encoder.width, encoder.height, encoder.pix_fmt = stream.width, stream.height, "yuvj420p"
        encoder.time_base = Fraction(1, 25)
        frames = (prepared(frame, number) for number, frame in zip(range(FRAMES), source.decode(stream), strict=False))
        return b"".join(bytes(packet) for frame in frames for packet in encoder.encode(frame))


def prepared(frame: VideoFrame, number: int) -> VideoFrame:
    full = frame.reformat(format="yuvj420p", dst_color_range=ColorRange.JPEG)
    full.pts, full.time_base = number, Fraction(1, 25)
    full.pict_type = 0  # as the encoder likes
    return full
