"""Recordings to measure with: a looped demo where none is given, and loops of any length."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from bench.measure import ROOT, BenchFailed

DEMO = ROOT / "cli" / "demo" / "interview.mp4"
ENCODING = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-g", "250", "-pix_fmt", "yuv420p", "-an")
PICTURE = "scale=1280:720:flags=bicubic,fps=30"
LENGTH_MIN = 5.0  # of the recording that the design's targets are about


def need_ffmpeg() -> None:
    """Raises BenchFailed where ffmpeg is missing."""
    if shutil.which("ffmpeg") is None:
        raise BenchFailed("ffmpeg is needed to make and to compare with, and is missing: apt-get install ffmpeg")


def benchmark_recording(folder: Path, minutes: float = LENGTH_MIN) -> Path:
    """The demo recording as 720p H.264 with a key frame every 250 frames, looped to a length."""
    once = folder / "interview-720p-once.mp4"
    if not once.exists():
        ffmpeg("-i", DEMO, "-vf", PICTURE, *ENCODING, once)
    return looped(once, minutes, folder / "interview-720p.mp4")


def looped(part: Path, minutes: float, target: Path, *muxing: str) -> Path:
    """The recording shown again and again without encoding it anew, up to a length."""
    ffmpeg("-stream_loop", "-1", "-i", part, "-t", f"{minutes * 60:g}", "-map", "0:v:0", "-c", "copy", *muxing, target)
    return target


def beginning(video: Path, length_s: float, target: Path) -> Path:
    """The first seconds of a recording, without encoding it anew."""
    ffmpeg("-i", video, "-t", f"{length_s:g}", "-map", "0:v:0", "-c", "copy", target)
    return target


def ffmpeg(*arguments: str | Path) -> None:
    need_ffmpeg()
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchFailed(f"ffmpeg could not make {arguments[-1]}:\n{done.stderr.strip()}")
