"""Takes a step, sees it carried out under its lease, and writes down how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from shared.crash import crash_point
from shared.db.claims import Bearer, claim_step, classes_waiting
from shared.db.engine import transaction
from shared.db.steps import LeaseLost, give_back_after_death, refuse, release
from shared.domain.clock import Monotonic, monotonic_s
from shared.domain.errors import InputError, MienError, Unavailable
from shared.domain.step import Claim
from shared.log import get_logger
from shared.metrics import LEASES_EXPIRED, QUEUE_WAIT_SECONDS, STALE_COMMITS, STEP_SECONDS, STEPS_PUT_DOWN
from shared.queue import HintPublisher
from worker.lease import LeaseKeeper, Stopped
from worker.recording import Tools

log = get_logger(__name__)

Work = Callable[[LeaseKeeper], None]


class StepCarrier:
    """Shared by the threads of a worker that serve the same classes."""

    def __init__(
        self,
        tools: Tools,
        bearer: Bearer,
        hints: HintPublisher,
        *,
        heartbeat_s: float,
        clock: Monotonic = monotonic_s,
    ) -> None:
        self._tools = tools
        self._bearer = bearer
        self._hints = hints
        self._heartbeat_s = heartbeat_s
        self._clock = clock
        self._stopping = threading.Event()
        self._stop_at_s = float("inf")

    def stop(self, grace_s: float) -> None:
        """Claim nothing more; steps that still run after the grace period are handed back."""
        self._stop_at_s = self._clock() + grace_s
        self._stopping.set()

    def claim(self) -> Claim | None:
        """None when nothing is ready, Postgres is away, or the worker stops."""
        if self._stopping.is_set():
            return None
        try:
            with transaction(self._tools.sessions) as session:
                claim = claim_step(session, self._bearer)
        except Unavailable as error:
            log.warning("claim_failed", reason=error.detail)
            return None
        if claim is None:
            return None
        crash_point("step_claimed")
        _note_claim(claim)
        self.announce()  # others may take the rest while this one is carried out
        return claim

    def carry_out(self, claim: Claim, work: Work) -> None:
        """Never raises: whatever happened is written down, or the lease runs out."""
        lease = LeaseKeeper(
            self._tools.sessions,
            claim,
            lease_s=self._bearer.lease_s,
            heartbeat_s=self._heartbeat_s,
            clock=self._clock,
            must_stop=lambda: self._clock() > self._stop_at_s,
        )
        started_s = self._clock()
        ids = {"job_id": str(claim.key.job_id), "step": claim.key.kind, **claim.origin.to_dict()}
        with structlog.contextvars.bound_contextvars(**ids):
            try:
                work(lease)
            except Exception as error:  # noqa: BLE001, whatever happened is written down and bounded by the lease
                self._settle(claim, lease, error)
            else:
                seconds = self._clock() - started_s
                STEP_SECONDS.labels(claim.key.kind).observe(seconds)
                log.info("step_done", index=claim.key.index, seconds=round(seconds, 3))
        self.announce()

    def announce(self) -> None:
        """One more message for each class that has work ready."""
        try:
            with transaction(self._tools.sessions) as session:
                waiting = classes_waiting(session)
        except Unavailable:
            return
        for step_class in waiting:
            self._hints.hint(step_class)

    def _settle(self, claim: Claim, lease: LeaseKeeper, error: Exception) -> None:
        """Write down how a step ended that did not succeed; if even that fails, its lease runs out."""
        log.warning("step_put_down", index=claim.key.index, reason=type(error).__name__, exc_info=_if_unforeseen(error))
        STEPS_PUT_DOWN.labels(claim.key.kind, type(error).__name__).inc()
        try:
            lease.commit(lambda session: _write_end(session, claim, error))
        except LeaseLost:
            STALE_COMMITS.labels("step").inc()
            log.warning("stale_commit_rejected", index=claim.key.index, token=claim.token)


def _note_claim(claim: Claim) -> None:
    if claim.rescued:
        LEASES_EXPIRED.labels("step").inc()
        log.info("step_rescued", job_id=str(claim.key.job_id), step=claim.key.kind, index=claim.key.index)
    else:
        QUEUE_WAIT_SECONDS.labels(claim.key.kind).observe(claim.waited_s)


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
