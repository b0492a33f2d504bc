"""How readers learn of changes: one poller per process asks for all jobs that anyone watches, in one query."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool

from shared.db.engine import Sessions, transaction
from shared.db.jobs import get_jobs
from shared.domain.clock import Monotonic, monotonic_s
from shared.domain.errors import Unavailable
from shared.domain.ids import JobId
from shared.domain.job import Job

POLL_S = 0.5

Latest = asyncio.Queue[Job]
"""Holds one job at most: as it was seen last."""


class JobWatcher:
    """Belongs to one event loop."""

    def __init__(self, sessions: Sessions, clock: Monotonic = monotonic_s) -> None:
        self._sessions = sessions
        self._clock = clock
        self._watching: dict[JobId, set[Latest]] = defaultdict(set)
        self._poller: asyncio.Task[None] | None = None

    async def wait_for_end(self, job_id: JobId, timeout_s: float) -> None:
        """Return when the job is over, or when the time is."""
        until_s = self._clock() + timeout_s
        with self._watch(job_id) as latest:
            while (left_s := until_s - self._clock()) > 0:
                job = await _next(latest, left_s)
                if job is not None and job.is_over:
                    return

    async def looks(self, job_id: JobId, quiet_s: float) -> AsyncGenerator[Job | None]:
        """The job as it is at each look, changed or not, for ever; None when there was no look for so long."""
        with self._watch(job_id) as latest:
            while True:
                yield await _next(latest, quiet_s)

    def close(self) -> None:
        if self._poller is not None:
            self._poller.cancel()

    @contextmanager
    def _watch(self, job_id: JobId) -> Iterator[Latest]:
        latest = Latest(maxsize=1)
        self._watching[job_id].add(latest)
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        try:
            yield latest
        finally:
            self._watching[job_id].discard(latest)
            if not self._watching[job_id]:
                del self._watching[job_id]

    async def _poll(self) -> None:
        while self._watching:
            for job in await run_in_threadpool(self._look, list(self._watching)):
                for latest in self._watching.get(job.id, ()):
                    if latest.full():
                        latest.get_nowait()
                    latest.put_nowait(job)
            await asyncio.sleep(POLL_S)

    def _look(self, job_ids: list[JobId]) -> list[Job]:
        try:
            with transaction(self._sessions) as session:
                return get_jobs(session, job_ids)
        except Unavailable:
            return []  # those who wait keep waiting until their own time is up


async def _next(latest: Latest, timeout_s: float) -> Job | None:
    try:
        return await asyncio.wait_for(latest.get(), timeout_s)
    except TimeoutError:
        return None
