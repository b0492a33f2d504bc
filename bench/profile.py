"""Where the time of an analysis goes: every stage of the pipeline, in one process on one core.

The stages are timed where `worker.pipeline.plan` and `worker.pipeline.run` put them
together. Run as `python -m bench.profile VIDEO`, it prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

from bench.measure import measure

Call = Callable[..., Any]

START = "start: libraries and model"
PLANNING = {
    "hash_file": "hash of the file",
    "index_packets": "index of the packets",
    "_look_at_start": "first frames",
    "cut_segments": "cuts",
}
"""Functions that `worker.pipeline.plan` calls, and what they are in words."""
DECODE, SEARCH, CROP, RECOGNISE, SUMMARISE, REST = (
    "decoding",
    "face search",
    "crops",
    "recognition",
    "summary",
    "everything else",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    samples: int
    stages_s: dict[str, float]
    """Seconds by stage, in the order of the pipeline."""

    @property
    def total_s(self) -> float:
        return sum(self.stages_s.values())


def profile(video: Path) -> Profile:
    """In a process of its own, because loaded libraries keep their threads."""
    return Profile(**measure([sys.executable, "-m", "bench.profile", str(video)]).last_json())


class Stopwatch:
    """Adds up the time spent in each stage."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self.stages_s: dict[str, float] = {}
        self._clock = clock

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        started_s = self._clock()
        try:
            yield
        finally:
            self.stages_s[stage] = self.stages_s.get(stage, 0.0) + self._clock() - started_s

    def calls(self, stage: str, call: Call) -> Call:
        """The same function, timed."""

        def timed(*arguments: Any, **named: Any) -> Any:
            with self.time(stage):
                return call(*arguments, **named)

        return timed

    def items(self, stage: str, call: Call) -> Call:
        """The same function, whose iterator is timed while it makes each item, and not in between."""

        def timed(*arguments: Any, **named: Any) -> Iterator[Any]:
            items = iter(call(*arguments, **named))
            while True:
                with self.time(stage):
                    try:
                        item = next(items)
                    except StopIteration:
                        return
                yield item

        return timed


class _Timed:
    """Stands for another object, one method of which is timed."""

    def __init__(self, whole: Any, method: str, watch: Stopwatch, stage: str) -> None:
        self._whole = whole
        setattr(self, method, watch.calls(stage, getattr(whole, method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)


@contextmanager
def watching(watch: Stopwatch) -> Iterator[None]:
    """Time the stages while they are put together by the pipeline itself."""
    plan: Any = import_module("worker.pipeline.plan")
    run: Any = import_module("worker.pipeline.run")
    detector_of = run.detector_of
    with ExitStack() as stack:
        for name, stage in PLANNING.items():
            stack.enter_context(patch.object(plan, name, watch.calls(stage, getattr(plan, name))))
        replacements = {
            "sample_frames": watch.items(DECODE, run.sample_frames),
            "crop_face": watch.calls(CROP, run.crop_face),
            "detector_of": lambda *given: _Timed(detector_of(*given), "detect", watch, SEARCH),
        }
        for name, replacement in replacements.items():
            stack.enter_context(patch.object(run, name, replacement))
        yield


def profile_here(video: Path) -> Profile:
    watch = Stopwatch()
    with watch.time(START):
        from bench.engine import load_model

        model = load_model()
    with watching(watch), watch.time(REST):
        samples = _analyse(video, watch, _Timed(model, "probabilities", watch, RECOGNISE))
    return Profile(samples=samples, stages_s=_without_double_counts(watch.stages_s))


def _analyse(video: Path, watch: Stopwatch, model: Any) -> int:
    """What `mien analyze` does, without its processes; gives the number of samples."""
    from shared.domain.limits import MediaLimits
    from shared.domain.options import Options
    from worker.pipeline import run

    options, limits = Options(), MediaLimits()
    plan = run.plan_recording(video, options, limits, lambda _: None)
    with run.Recording(video, limits) as recording:
        samples = {
            segment.index: run.analyse_segment(recording, plan, segment, options, model, lambda _: None)
            for segment in plan.segments
        }
    with watch.time(SUMMARISE):
        run.summarise(plan, samples, options)
    return plan.samples_total


def _without_double_counts(stages_s: dict[str, float]) -> dict[str, float]:
    """In the order of the pipeline; what was timed as a whole loses its parts."""
    order = (START, *PLANNING.values(), DECODE, SEARCH, CROP, RECOGNISE, SUMMARISE)
    stages = {stage: stages_s.get(stage, 0.0) for stage in order}
    return {**stages, REST: stages_s[REST] - sum(stages.values()) + stages[START]}


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    sys.stdout.write(json.dumps(asdict(profile_here(Path(sys.argv[1])))) + "\n")
