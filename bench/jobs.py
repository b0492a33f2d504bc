"""What the service adds to the pipeline: overhead per job, waiting behind a long one, and the whole way of a recording."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from bench.engine import load_model
from bench.measure import measure
from bench.media import beginning, looped
from bench.speed import Say
from bench.speed import mien as command
from mien import Client, Job
from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from worker.pipeline import run

CLIP_S = 10.0  # of the recording by which the overhead is measured
SHORT_MIN, LONG_MIN = 1.0, 180.0  # a short recording, submitted behind a long one
JOBS = 10
SETTLE_S = 2.0  # for the pictures of one job to be made before the next is submitted
BUSY_S = 5.0  # for the long job to take every analyser


@dataclass(frozen=True, kw_only=True, slots=True)
class Overhead:
    """Of jobs one after the other, from the job's commit to the result's."""

    jobs: int
    job_s: float
    """Median time of a job."""
    pipeline_s: float
    """Median time of hash, index, cuts, segments and summary alone, in one process, with the model loaded."""
    overhead_s: float
    worst_s: float
    """The largest overhead among the jobs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Of a short job submitted while a long one holds every analyser."""

    started_after_s: float
    finished_after_s: float
    long_percent: float
    """How far the long job was when the short one ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """A recording through the service, from the first byte sent to its result, beside `mien analyze`."""

    service_s: float
    analyze_s: float
    ratio: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Jobs:
    overhead: Overhead
    waiting: Waiting
    whole: Whole


def bench_jobs(client: Client, video: Path, folder: Path, repeats: int, say: Say) -> Jobs:
    """All three; the long job of the second is still running afterwards."""
    overhead = measure_overhead(client, video, folder, say)
    whole = measure_whole(client, video, repeats, say)
    return Jobs(overhead=overhead, whole=whole, waiting=measure_waiting(client, video, folder, say))


def measure_overhead(client: Client, video: Path, folder: Path, say: Say) -> Overhead:
    clip = beginning(video, CLIP_S, folder / "clip.mp4")
    say(f"Overhead: the pipeline alone on a clip of {CLIP_S:g} s")
    pipeline_s = _pipeline_s(clip)
    _finish(client, clip)  # the first job finds caches and connections cold
    say(f"Overhead: {JOBS} jobs, one after the other")
    jobs_s = []
    for _ in range(JOBS):
        time.sleep(SETTLE_S)
        job = _finish(client, clip)
        jobs_s.append(_seconds(job.created_at, job.finished_at))
    return Overhead(
        jobs=JOBS,
        job_s=median(jobs_s),
        pipeline_s=pipeline_s,
        overhead_s=median(jobs_s) - pipeline_s,
        worst_s=max(jobs_s) - pipeline_s,
    )


def measure_waiting(client: Client, video: Path, folder: Path, say: Say, long_min: float = LONG_MIN) -> Waiting:
    """The long job goes on afterwards; whoever owns the server ends it."""
    short = looped(video, SHORT_MIN, folder / "short.mp4")
    long = looped(video, long_min, folder / "long.mp4")
    say(f"Waiting: {SHORT_MIN:g} minutes behind {long_min:g}")
    long_job = client.submit(long)
    time.sleep(BUSY_S)
    job = _finish(client, short)
    return Waiting(
        started_after_s=_seconds(job.created_at, job.started_at),
        finished_after_s=_seconds(job.created_at, job.finished_at),
        long_percent=client.job(long_job).progress.percent,
    )


def measure_whole(client: Client, video: Path, repeats: int, say: Say) -> Whole:
    service_s, analyze_s = [], []
    for number in range(repeats):
        say(f"Whole way: repeat {number + 1} of {repeats}")
        began_s = time.monotonic()
        _finish(client, video)
        service_s.append(time.monotonic() - began_s)
        time.sleep(SETTLE_S)
        analyze_s.append(measure(command(video, "--json")).cost.wall_s)
    return Whole(service_s=median(service_s), analyze_s=median(analyze_s), ratio=median(service_s) / median(analyze_s))


def _finish(client: Client, video: Path) -> Job:
    """Submit a recording and follow it to its end."""
    return client.wait(client.submit(video)).succeeded()


def _seconds(since: datetime, until: datetime | None) -> float:
    assert until is not None
    return (until - since).total_seconds()


def _pipeline_s(clip: Path) -> float:
    """Median of several runs in this process, the first of which only warms up."""
    model, times_s = load_model(), []
    for _ in range(JOBS + 1):
        began_s = time.perf_counter()
        _analyse(clip, model)
        times_s.append(time.perf_counter() - began_s)
    return median(times_s[1:])


def _analyse(clip: Path, model: run.Model) -> None:
    options, limits = Options(), MediaLimits()
    plan = run.plan_recording(clip, options, limits, lambda _: None)
    with run.Recording(clip, limits) as recording:
        samples = {
            segment.index: run.analyse_segment(recording, plan, segment, options, model, lambda _: None)
            for segment in plan.segments
        }
    run.summarise(plan, samples, options)
