"""A whole recording on this machine's analysers, without server or database: what `mien analyze` runs.

The same plan, the same segments and the same summary as through the service.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from shared.domain.plan import Plan, Segment
from shared.domain.samples import Sample, unpack_samples
from worker.pool import AnalyserPool

Progress = Callable[[int, int | None], None]
"""Samples done, and how many there are once that is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    summary: dict[str, Any]
    samples: dict[int, list[Sample]]
    """By segment, with local track ids."""
    track_mapping: dict[str, dict[str, int]]
    primary_track: int | None


def analyse_recording(
    path: Path,
    options: Options,
    limits: MediaLimits,
    pool: AnalyserPool,
    progress: Progress,
    model_folder: Path | None = None,
) -> Analysis:
    """Raises MediaError for what cannot be analysed, AnalyserDied when an analyser crashes on it.

    Args:
        model_folder: Of the model that the options name; None for one that is built in.
    """
    run = _Run(
        {
            "path": str(path),
            "options": options.to_dict(),
            "limits": asdict(limits),
            "model_folder": None if model_folder is None else str(model_folder),
        },
        pool,
        progress,
    )
    return run.summarise(*run.analyse(run.plan()))


class _Run:
    def __init__(self, request: dict[str, Any], pool: AnalyserPool, progress: Progress) -> None:
        self._request = request
        self._pool = pool
        self._progress = progress
        self._done: dict[int, int] = {}
        self._lock = threading.Lock()

    def plan(self) -> Plan:
        with self._pool.borrow() as analyser:
            assert analyser is not None
            self._pool.start()  # the others come up while this one does and plans
            answer = analyser.ask({"do": "plan", **self._request}, lambda _: self._progress(0, None))
        return Plan.of(answer.header["plan"])

    def analyse(self, plan: Plan) -> tuple[Plan, dict[int, bytes]]:
        """Segments in parallel, as many as there are analysers; the first error ends them all."""
        with ThreadPoolExecutor(self._pool.size) as threads:
            futures = {s.index: threads.submit(self._segment, plan, s) for s in plan.segments}
            try:
                return plan, {index: future.result() for index, future in futures.items()}
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def summarise(self, plan: Plan, packed: dict[int, bytes]) -> Analysis:
        request = {"do": "summary", "plan": plan.to_dict(), **self._request}
        with self._pool.borrow() as analyser:
            assert analyser is not None
            answer = analyser.ask(request, lambda _: None, [packed[index] for index in sorted(packed)]).header
        return Analysis(
            summary={**answer["summary"], "provenance": answer["provenance"]},
            samples={index: unpack_samples(part) for index, part in packed.items()},
            track_mapping=answer["track_mapping"],
            primary_track=answer["primary_track"],
        )

    def _segment(self, plan: Plan, segment: Segment) -> bytes:
        bare = {**plan.to_dict(), "segments": []}
        request = {"do": "segment", "plan": bare, "segment": segment.to_dict(), **self._request}

        def beat(samples_done: int) -> None:
            with self._lock:
                self._done[segment.index] = samples_done
                self._progress(sum(self._done.values()), plan.samples_total)

        with self._pool.borrow() as analyser:
            assert analyser is not None
            packed = analyser.ask(request, beat).parts[0]
        beat(len(segment.frame_pts))
        return packed
