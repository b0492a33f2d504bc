"""What a reader needs to know to judge a measurement: the machine, the programs and the recording."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from statistics import median

from bench.media import need_ffmpeg
from bench.speed import cores

PACKAGES = ("av", "opencv-python-headless", "ai-edge-litert", "tensorflow-cpu", "fer", "numpy")


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    cpu: str
    cores: int
    """Those that the measured programs may use."""
    memory_mb: int
    programs: dict[str, str]
    """Version by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Footage:
    """The recording that was measured with."""

    name: str
    codec: str
    width: int
    height: int
    fps: float
    length_s: float
    size_bytes: int
    key_frame_distance_s: float | None
    """Median; None where there is only one key frame."""
    sha256: str


def machine_facts() -> Machine:
    """Raises BenchFailed where ffmpeg is missing."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(cpu=_cpu(), cores=cores(), memory_mb=memory_bytes // 2**20, programs=_programs())


def footage_facts(video: Path) -> Footage:
    """Raises MediaError when Mien cannot analyse the recording."""
    from shared.domain.limits import MediaLimits
    from shared.domain.options import Options
    from worker.pipeline.run import Recording, plan_recording

    facts = plan_recording(video, Options(), MediaLimits(), lambda _: None).facts
    with Recording(video) as recording:
        keys = [packet.pts for packet in recording.video_packets() if packet.is_keyframe and packet.pts is not None]
        distance_s = distance([float(pts * recording.time_base) for pts in keys])
    return Footage(
        name=video.name,
        codec=facts.codec,
        width=facts.width,
        height=facts.height,
        fps=facts.fps,
        length_s=facts.duration_s,
        size_bytes=video.stat().st_size,
        key_frame_distance_s=distance_s,
        sha256=facts.sha256,
    )


def distance(times_s: Iterable[float]) -> float | None:
    """The median distance of neighbours, whatever the order they come in."""
    steps_s = [after - before for before, after in pairwise(sorted(times_s))]
    return median(steps_s) if steps_s else None


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _programs() -> dict[str, str]:
    need_ffmpeg()
    said = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout
    installed = {name: found for name in PACKAGES if (found := _installed(name))}
    return {"Python": platform.python_version(), "ffmpeg": said.split()[2], **installed}


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
