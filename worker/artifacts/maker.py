"""Those who make artifacts: crews beside the analysers, so that no analysis waits for what takes long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.step import Claim, StepKind
from worker.analyser import Analyser, AnalyserLimits
from worker.artifacts.archive import perform_archive
from worker.artifacts.media import perform_media
from worker.artifacts.report import perform_report
from worker.carrier import StepCarrier
from worker.crew import Errand
from worker.lease import LeaseKeeper
from worker.recording import Tools

NICENESS = 19  # the kernel gives an encoder what analysers leave
DOCUMENTS: dict[StepKind, Callable[[Tools, Claim, LeaseKeeper], None]] = {
    "report": perform_report,
    "archive": perform_archive,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoder:
    """Claims what has to be encoded, and starts an analyser for each."""

    tools: Tools
    carrier: StepCarrier
    limits: AnalyserLimits

    def find(self) -> Errand | None:
        claim = self.carrier.claim()
        return None if claim is None else lambda: self.carrier.carry_out(claim, lambda lease: self._make(claim, lease))

    def _make(self, claim: Claim, lease: LeaseKeeper) -> None:
        """By an analyser of its own, that ends with its file: hours may lie between two of them."""
        analyser = Analyser(self.limits)
        try:
            perform_media(self.tools, claim, analyser, lease)
        finally:
            analyser.kill()


@dataclass(frozen=True, kw_only=True, slots=True)
class Writer:
    """Claims what only has to be put together."""

    tools: Tools
    carrier: StepCarrier

    def find(self) -> Errand | None:
        claim = self.carrier.claim()
        return None if claim is None else lambda: self.carrier.carry_out(claim, lambda lease: self._make(claim, lease))

    def _make(self, claim: Claim, lease: LeaseKeeper) -> None:
        DOCUMENTS[claim.key.kind](self.tools, claim, lease)
