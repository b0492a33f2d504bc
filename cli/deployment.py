"""A deployment on this machine, for benchmarks that take its broker away and kill its processes.

Postgres is as durable as an embedded one, and leases are the default ones. A broker that
is on, and the database always, are reached without the links that fail, which take time.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.faults import Broker, Victim
from bench.measure import BenchFailed
from bench.speed import cores
from cli.stack.valkey import Valkey
from mien import Client, Job, Retry
from tests.chaos.fleet import Fleet, Member, send
from tests.chaos.ground import Ground
from tests.chaos.waiting import until
from tests.recordings import Studio

RECORDING = {"duration_s": 6.0, "fps": 10, "width": 320, "height": 180}
WARM_UP_JOBS_EACH = 2  # for each analyser, so that all have loaded their models
WARM_UP_REQUESTS = 20
NEVER_S = "600"  # an analyser that is stopped so that its worker holds a step is not to be replaced for it
UNPUBLISHED = "hint_not_published"


@contextmanager
def deployed(folder: Path, variables: Mapping[str, str] | None = None) -> Iterator[Deployment]:
    """Postgres and Valkey on which processes come and go; use it from the main thread.

    Args:
        variables: MIEN_* variables that differ from the defaults of a deployment.
    """
    recording = Studio(folder).record(**RECORDING)
    with Ground(folder / "home") as ground:
        fleet = Fleet(ground, {"MIEN_DATABASE_URL": ground.database_url, **(variables or {})})
        try:
            yield Deployment(ground, fleet, recording)
        finally:
            fleet.stop()


class Deployment:
    """Every measurement starts its own processes on empty tables."""

    def __init__(self, ground: Ground, fleet: Fleet, recording: Path) -> None:
        self._ground = ground
        self._fleet = fleet
        self._recording = recording
        self._client = Client(fleet.url, ground.key, retry=Retry(for_s=0), trust_env=False)

    def recordings_per_minute(self, broker: Broker, jobs: int) -> float:
        """From the commit of the first job to the result of the last, by the clock of the database."""
        with self._standing(broker) as link:
            self._fleet.worker(MIEN_ANALYSERS=str(cores()), **link)
            self._finish(WARM_UP_JOBS_EACH * cores())
            until(self._is_drained, "the pictures of the first jobs are made")
            done = self._finish(jobs)
        began, ended = min(job.created_at for job in done), max(job.finished_at for job in done if job.finished_at)
        return 60 * jobs / (ended - began).total_seconds()

    def accept_s(self, broker: Broker, requests: int) -> list[float]:
        """By one client that keeps its connection; no worker takes the processor from the API meanwhile."""
        with self._standing(broker):
            for _ in range(WARM_UP_REQUESTS):
                self._submit()
            if broker == "hole":
                self._ground.broker.hole()
            return [self._timed_submission() for _ in range(requests)]

    def rescue_s(self, victim: Victim) -> float:
        """Killed right after a heartbeat, when the lease has longest to run."""
        with self._standing("on") as link:
            worker = self._fleet.worker(MIEN_STALL_S=NEVER_S, **link)
            send(signal.SIGSTOP, worker.analysers())
            job_id = self._submit()
            until(self._leased, "a worker bears the step")
            if victim == "worker":
                self._fleet.worker(**link)
            spent_s = self._until_claimed_again(worker, victim)
            self._end_of(job_id)
        return spent_s

    def _until_claimed_again(self, worker: Member, victim: Victim) -> float:
        held = self._leased()
        until(lambda: self._leased().leased_until != held.leased_until, "the lease is renewed")
        began_s = time.monotonic()
        if victim == "worker":
            worker.kill()
        else:
            send(signal.SIGKILL, worker.analysers())
        until(lambda: self._is_claimed_after(held.lease_token), "the step is claimed again")
        return time.monotonic() - began_s

    @contextmanager
    def _standing(self, broker: Broker) -> Iterator[dict[str, str]]:
        """An API and a sweep. Gives the variables by which a worker has the same broker."""
        link = {"MIEN_BROKER_URL": self._broker_url(broker)}
        self._ground.heal()
        if broker == "off":
            self._ground.broker.cut()
        try:
            self._fleet.sweep(**link)
            api = self._fleet.api(**link)
            yield link
            _check_felt(api, broker)
        finally:
            self._fleet.stop()
            self._ground.sql("TRUNCATE job, video CASCADE")

    def _broker_url(self, broker: Broker) -> str:
        if broker == "on":
            return Valkey(self._ground.home).url()
        return self._ground.environment()["MIEN_BROKER_URL"]

    def _finish(self, jobs: int) -> list[Job]:
        """Submit so many at once, and give them as they ended."""
        return [self._end_of(job_id) for job_id in [self._submit() for _ in range(jobs)]]

    def _submit(self) -> str:
        return self._client.submit(self._recording).id

    def _timed_submission(self) -> float:
        began_s = time.perf_counter()
        self._submit()
        return time.perf_counter() - began_s

    def _end_of(self, job_id: str) -> Job:
        job = self._client.wait(job_id)
        if job.state != "succeeded":
            raise BenchFailed(f"{job_id} is {job.state}, and was to succeed: {job.error}")
        return job

    def _is_drained(self) -> bool:
        return not self._ground.sql("SELECT 1 FROM step WHERE state IN ('ready', 'leased') LIMIT 1")

    def _leased(self) -> Any:
        """The one step that is borne, or None."""
        found = self._ground.sql("SELECT lease_token, leased_until FROM step WHERE state = 'leased'")
        return found[0] if found else None

    def _is_claimed_after(self, token: int) -> bool:
        return bool(self._ground.sql("SELECT 1 FROM step WHERE lease_token > :token", token=token))


def _check_felt(api: Member, broker: Broker) -> None:
    """What the API did not notice was no fault, and what it noticed without one was."""
    if broker != "on":
        until(lambda: api.said(UNPUBLISHED), "the API misses its broker")
    elif api.said(UNPUBLISHED):
        raise BenchFailed("hints were lost although the broker was on; is the machine busy with something else?")
