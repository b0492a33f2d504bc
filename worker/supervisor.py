"""Takes the next fair step for which an analyser is idle, and drives the analyser through it."""

from __future__ import annotations

from collections.abc import Callable

from shared.db.steps import LeaseLost
from shared.domain.errors import MienError
from shared.domain.step import Claim, StepKind
from worker.analyser import Analyser
from worker.carrier import StepCarrier
from worker.finish import perform_finish
from worker.lease import LeaseKeeper, Stopped
from worker.plan import perform_plan
from worker.pool import AnalyserPool
from worker.recording import Tools
from worker.segment import perform_segment
from worker.thumbnails import perform_thumbnails

UseCase = Callable[[Tools, Claim, Analyser, LeaseKeeper], None]
USE_CASES: dict[StepKind, UseCase] = {
    "plan": perform_plan,
    "segment": perform_segment,
    "finish": perform_finish,
    "thumbnails": perform_thumbnails,
}


class Supervisor:
    """Shared by all threads of a worker, whether a message or the poller woke them."""

    def __init__(self, tools: Tools, carrier: StepCarrier, pool: AnalyserPool) -> None:
        self._tools = tools
        self._carrier = carrier
        self._pool = pool

    def perform_next_step(self) -> bool:
        """Carry out one step. False when no analyser is idle or nothing is to be had."""
        with self._pool.borrow(wait=False) as analyser:
            if analyser is None:
                return False
            claim = self._carrier.claim()
            if claim is None:
                return False
            self._carrier.carry_out(claim, lambda lease: self._drive(claim, analyser, lease))
        return True

    def _drive(self, claim: Claim, analyser: Analyser, lease: LeaseKeeper) -> None:
        try:
            USE_CASES[claim.key.kind](self._tools, claim, analyser, lease)
        except (MienError, LeaseLost, Stopped):
            raise
        except Exception:
            analyser.kill()  # its answer may have been the cause, and who sends such answers may do so again
            raise
