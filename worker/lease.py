"""Keeping a lease while a step is carried out."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy.orm import Session

from shared.crash import crash_point
from shared.db.engine import Sessions, transaction
from shared.db.steps import LeaseLost, heartbeat, report_progress
from shared.domain.clock import Monotonic
from shared.domain.errors import TimedOut, Unavailable
from shared.domain.step import Claim, hard_limit_s
from shared.log import get_logger

RETRY_COMMIT_S = 1.0
HARD_MARGIN_S = 5.0  # stop before the database ends the lease, so that the reason can still be written

log = get_logger(__name__)


class Stopped(Exception):
    """The step must be put down: the worker stops, or the job is being canceled."""


class LeaseKeeper:
    """Called about once a second with the progress of its step.

    It writes the progress, renews the lease, and raises when the work is not ours any
    more. A database that does not answer is borne for as long as the lease lasts.
    """

    def __init__(
        self,
        sessions: Sessions,
        claim: Claim,
        *,
        lease_s: float,
        heartbeat_s: float,
        clock: Monotonic,
        must_stop: Callable[[], bool],
    ) -> None:
        self._sessions = sessions
        self._claim = claim
        self._lease_s = lease_s
        self._heartbeat_s = heartbeat_s
        self._clock = clock
        self._must_stop = must_stop
        self._started_s = self._renewed_s = clock()
        self._hard_limit_s = hard_limit_s(claim.media_s) - HARD_MARGIN_S

    def __call__(self, samples_done: int) -> None:
        """Raises LeaseLost, Stopped, or TimedOut past the hard limit."""
        if self._must_stop():
            raise Stopped
        if self._clock() - self._started_s > self._hard_limit_s:
            raise TimedOut(f"the step took longer than {self._hard_limit_s:.0f} s, its hard limit")
        try:
            self._tell(samples_done)
        except Unavailable:
            self._bear()

    def commit(self, write: Callable[[Session], None]) -> None:
        """Run a fenced commit, again while the database does not answer and the lease may still hold."""
        crash_point("step_computed")
        while True:
            try:
                with transaction(self._sessions) as session:
                    write(session)
                break
            except Unavailable:
                self._bear()
                threading.Event().wait(RETRY_COMMIT_S)
        crash_point("step_committed")

    def _tell(self, samples_done: int) -> None:
        """Write the progress, renew the lease when it is time, and hear of a cancel."""
        asked_s = self._clock()
        due = asked_s - self._renewed_s >= self._heartbeat_s
        with transaction(self._sessions) as session:
            if due:
                answer = heartbeat(session, self._claim, lease_s=self._lease_s, samples_done=samples_done)
            else:
                answer = report_progress(session, self._claim, samples_done)
        if answer == "lost":
            raise LeaseLost
        if answer == "canceling":
            raise Stopped
        if due:
            self._renewed_s = asked_s

    def _bear(self) -> None:
        if self._must_stop() or self._clock() - self._renewed_s > self._lease_s:
            log.warning("lease_lost_without_database", job_id=str(self._claim.key.job_id))
            raise LeaseLost
