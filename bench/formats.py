"""Mien beside a decode of every frame, for other codecs, sizes, frame rates and containers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av

from bench.measure import Cost, measure
from bench.media import ffmpeg, looped
from bench.speed import FFMPEG, MIEN, Say, command_of

PART_S = 30.0  # encoded anew for each format, then looped
LENGTH_MIN = 5.0

H264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23")
REALTIME = ("-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M", "-g", "128")
LIVE = ("-live", "1")  # WebM as browsers record it: no length, no index


@dataclass(frozen=True, slots=True)
class Format:
    name: str
    file: str
    picture: str
    """ffmpeg's filter."""
    encoding: Sequence[str]
    muxing: Sequence[str] = ()
    rotated: bool = False


FORMATS = (
    Format("H.264, 1080p30, key frame every 250", "a.mp4", "scale=1920:1080,fps=30", (*H264, "-g", "250")),
    Format("H.264, 720p25, key frame every 25", "b.mp4", "scale=1280:720,fps=25", (*H264, "-g", "25")),
    Format("H.264, portrait phone, rotated 90°", "c.mp4", "scale=720:1280,transpose=2,fps=30", H264, rotated=True),
    Format("HEVC, 720p30", "d.mp4", "scale=1280:720,fps=30", ("-c:v", "libx265", "-preset", "ultrafast")),
    Format("VP8, 720p30, live WebM", "e.webm", "scale=1280:720,fps=30", ("-c:v", "libvpx", *REALTIME), LIVE),
    Format("VP9, 720p30, live WebM", "f.webm", "scale=1280:720,fps=30", ("-c:v", "libvpx-vp9", *REALTIME), LIVE),
    Format("MPEG-4, 720p30", "g.mp4", "scale=1280:720,fps=30", ("-c:v", "mpeg4", "-q:v", "4")),
    Format("Motion JPEG, 720p30", "h.mov", "scale=1280:720,fps=30", ("-c:v", "mjpeg", "-q:v", "4")),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Formatted:
    name: str
    mien: Cost
    ffmpeg: Cost


def compare_formats(video: Path, say: Say, formats: Sequence[Format] = FORMATS) -> list[Formatted]:
    """The beginning of a recording in each format, in loops, one run each."""
    return [_compare(video, form, say) for form in formats]


def _compare(video: Path, form: Format, say: Say) -> Formatted:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say(f"Formats: {form.name}")
        recording = record(video, form, folder)
        cost: Callable[[str], Cost] = lambda system: measure(command_of(system, recording), folder).cost  # noqa: E731
        return Formatted(name=form.name, mien=cost(MIEN), ffmpeg=cost(FFMPEG))


def record(video: Path, form: Format, folder: Path, minutes: float = LENGTH_MIN) -> Path:
    """A recording in a format."""
    part, target = folder / f"part-{form.file}", folder / form.file
    ffmpeg("-i", video, "-t", f"{PART_S:g}", "-vf", form.picture, *form.encoding, "-pix_fmt", "yuv420p", "-an", part)
    looped(part, minutes, target, *form.muxing)
    return turn(target, folder / f"turned-{form.file}") if form.rotated else target


def turn(recording: Path, target: Path) -> Path:
    """The same packets with a note that a player has to turn the picture by a quarter."""
    with av.open(str(recording)) as source, av.open(str(target), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(-90)
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    return target
