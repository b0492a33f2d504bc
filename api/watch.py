"""How readers learn of changes: one poller per process asks for all jobs that anyone watches, in one query."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from starlette.concurrency import run_in_threadpool

from shared.db.engine import Sessions, transaction
from shared.db.jobs import get_jobs
from shared.domain.errors import Unavailable
from shared.domain.ids import JobId
from shared.domain.job import Job

POLL_S = 0.5


class JobWatcher:
    """Belongs to one event loop."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._waiting: dict[JobId, set[asyncio.Future[Job]]] = defaultdict(set)
        self._poller: asyncio.Task[None] | None = None

    async def wait_for_end(self, job_id: JobId, timeout_s: float) -> None:
        """Return when the job is over, or when the time is."""
        ended: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        self._waiting[job_id].add(ended)
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        try:
            await asyncio.wait({ended}, timeout=timeout_s)
        finally:
            self._forget(job_id, ended)

    def close(self) -> None:
        if self._poller is not None:
            self._poller.cancel()

    def _forget(self, job_id: JobId, ended: asyncio.Future[Job]) -> None:
        ended.cancel()
        self._waiting[job_id].discard(ended)
        if not self._waiting[job_id]:
            del self._waiting[job_id]

    async def _poll(self) -> None:
        while self._waiting:
            for job in await run_in_threadpool(self._look, list(self._waiting)):
                for ended in self._waiting.get(job.id, ()):
                    if job.is_over and not ended.done():
                        ended.set_result(job)
            await asyncio.sleep(POLL_S)

    def _look(self, job_ids: list[JobId]) -> list[Job]:
        try:
            with transaction(self._sessions) as session:
                return get_jobs(session, job_ids)
        except Unavailable:
            return []  # those who wait keep waiting until their own time is up
