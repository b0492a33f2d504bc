"""All sections of the benchmark of the pipeline, one after the other in one run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bench.agreement import Comparison, compare_detectors
from bench.facts import Footage, Machine, footage_facts, machine_facts
from bench.formats import Formatted, compare_formats
from bench.growth import Length, grow
from bench.jobs import Jobs
from bench.media import LENGTH_MIN, benchmark_recording
from bench.profile import Profile, profile
from bench.scaling import Scale, scale
from bench.speed import FFMPEG, MIEN, SYSTEMS, Say, Speed, compare, cores


class Section(StrEnum):
    SPEED = "speed"
    PROFILE = "profile"
    AGREEMENT = "agreement"
    GROWTH = "growth"
    SCALING = "scaling"
    FORMATS = "formats"
    JOBS = "jobs"


MeasureJobs = Callable[[Path, int], Jobs]
"""Measures a recording through a service, so many times; given, because only the command line can start one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """How much is measured."""

    sections: tuple[Section, ...] = tuple(Section)
    repeats: int = 3
    minutes: tuple[float, ...] = (1.0, 5.0, 30.0, 180.0)
    systems: tuple[str, ...] = SYSTEMS
    length_min: float = LENGTH_MIN
    """Of the recording that is made where none is given."""


QUICK = Extent(
    sections=tuple(section for section in Section if section not in (Section.FORMATS, Section.JOBS)),
    repeats=1,
    minutes=(1.0,),
    systems=(MIEN, FFMPEG),
    length_min=0.5,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What was measured; a section that was not asked for is None."""

    command: str
    machine: Machine
    footage: Footage
    speed: Speed | None = None
    profile: Profile | None = None
    agreement: Comparison | None = None
    growth: Sequence[Length] | None = None
    scaling: Sequence[Scale] | None = None
    formats: Sequence[Formatted] | None = None
    jobs: Jobs | None = None


def bench_pipeline(video: Path | None, extent: Extent, command: str, say: Say, jobs: MeasureJobs) -> Report:
    """Measure with a recording, or with one made for it.

    Raises:
        BenchFailed: Something needed is missing, or a measured program failed.
        MediaError: Mien cannot analyse the recording.
    """
    if video is not None:
        return _report(video.resolve(), extent, command, say, jobs)
    with tempfile.TemporaryDirectory(prefix="mien-bench-") as folder:
        say(f"Making a recording of {extent.length_min:g} minutes")
        return _report(benchmark_recording(Path(folder), extent.length_min), extent, command, say, jobs)


def _report(video: Path, extent: Extent, command: str, say: Say, jobs: MeasureJobs) -> Report:
    wanted = extent.sections
    machine, footage = machine_facts(), footage_facts(video)
    return Report(
        command=command,
        machine=machine,
        footage=footage,
        speed=compare(video, extent.repeats, extent.systems, say) if Section.SPEED in wanted else None,
        profile=_profile(video, say) if Section.PROFILE in wanted else None,
        agreement=compare_detectors(video, say) if Section.AGREEMENT in wanted else None,
        growth=grow(video, extent.minutes, say) if Section.GROWTH in wanted else None,
        scaling=scale(video, cores(), extent.repeats, say) if Section.SCALING in wanted else None,
        formats=compare_formats(video, say) if Section.FORMATS in wanted else None,
        jobs=jobs(video, extent.repeats) if Section.JOBS in wanted else None,
    )


def _profile(video: Path, say: Say) -> Profile:
    say("Profile: every stage on one core")
    return profile(video)
