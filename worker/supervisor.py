"""Takes the next fair step, drives an analyser through it, and says how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from shared.db.claims import Bearer, claim_step, classes_waiting
from shared.db.engine import transaction
from shared.db.steps import LeaseLost, give_back_after_death, refuse, release
from shared.domain.clock import Monotonic, monotonic_s
from shared.domain.errors import InputError, MienError, Unavailable
from shared.domain.step import Claim, StepKind
from shared.log import get_logger
from shared.queue import HintPublisher
from worker.analyser import Analyser
from worker.finish import perform_finish
from worker.lease import LeaseKeeper, Stopped
from worker.plan import perform_plan
from worker.pool import AnalyserPool
from worker.recording import Tools
from worker.segment import perform_segment
from worker.thumbnails import perform_thumbnails

log = get_logger(__name__)

UseCase = Callable[[Tools, Claim, Analyser, LeaseKeeper], None]
USE_CASES: dict[StepKind, UseCase] = {
    "plan": perform_plan,
    "segment": perform_segment,
    "finish": perform_finish,
    "thumbnails": perform_thumbnails,
}


class Supervisor:
    """Shared by all threads of a worker, whether a message or the poller woke them."""

    def __init__(
        self,
        tools: Tools,
        bearer: Bearer,
        pool: AnalyserPool,
        hints: HintPublisher,
        *,
        heartbeat_s: float,
        clock: Monotonic = monotonic_s,
    ) -> None:
        self._tools = tools
        self._bearer = bearer
        self._pool = pool
        self._hints = hints
        self._heartbeat_s = heartbeat_s
        self._clock = clock
        self._stopping = threading.Event()
        self._stop_at_s = float("inf")
        self.stale_commits = 0

    def stop(self, grace_s: float) -> None:
        """Claim nothing more; steps that still run after the grace period are handed back."""
        self._stop_at_s = self._clock() + grace_s
        self._stopping.set()

    def perform_next_step(self) -> bool:
        """Carry out one step. False when no analyser is idle, nothing is ready, or Postgres is away."""
        with self._pool.borrow(wait=False) as analyser:
            if analyser is None or self._stopping.is_set():
                return False
            claim = self._claim()
            if claim is None:
                return False
            with structlog.contextvars.bound_contextvars(job_id=str(claim.key.job_id), step=claim.key.kind):
                self._carry_out(claim, analyser)
        self.announce()
        return True

    def announce(self) -> None:
        """One more message for each class that has work ready."""
        try:
            with transaction(self._tools.sessions) as session:
                waiting = classes_waiting(session)
        except Unavailable:
            return
        for device_class in waiting:
            self._hints.hint(device_class)

    def _claim(self) -> Claim | None:
        try:
            with transaction(self._tools.sessions) as session:
                claim = claim_step(session, self._bearer)
        except Unavailable as error:
            log.warning("claim_failed", reason=error.detail)
            return None
        if claim is not None:
            self.announce()  # others may take the rest while this one is carried out
        return claim

    def _carry_out(self, claim: Claim, analyser: Analyser) -> None:
        lease = LeaseKeeper(
            self._tools.sessions,
            claim,
            lease_s=self._bearer.lease_s,
            heartbeat_s=self._heartbeat_s,
            clock=self._clock,
            must_stop=lambda: self._clock() > self._stop_at_s,
        )
        started_s = self._clock()
        try:
            USE_CASES[claim.key.kind](self._tools, claim, analyser, lease)
        except Exception as error:  # noqa: BLE001, whatever happened is written down and bounded by the lease
            self._settle(claim, lease, error)
        else:
            log.info("step_done", index=claim.key.index, seconds=round(self._clock() - started_s, 3))

    def _settle(self, claim: Claim, lease: LeaseKeeper, error: Exception) -> None:
        """Write down how a step ended that did not succeed; if even that fails, its lease runs out."""
        log.warning("step_put_down", index=claim.key.index, reason=type(error).__name__, exc_info=_if_unforeseen(error))
        try:
            lease.commit(lambda session: _write_end(session, claim, error))
        except LeaseLost:
            self.stale_commits += 1
            log.warning("stale_commit_rejected", index=claim.key.index, token=claim.token)


def _write_end(session: Session, claim: Claim, error: Exception) -> None:
    """Wrong input is refused for good; the world's faults are tried again, within bounds.

    A lease that seemed lost is handed back if it is still ours: the job was being canceled.
    """
    if isinstance(error, Stopped | Unavailable | LeaseLost):
        release(session, claim)
    elif isinstance(error, InputError):
        refuse(session, claim, error)
    else:
        known = error if isinstance(error, MienError) else MienError("an unforeseen error; the worker's log has more")
        give_back_after_death(session, claim, known)


def _if_unforeseen(error: Exception) -> Exception | None:
    return None if isinstance(error, MienError | Stopped | LeaseLost) else error
