"""Step `plan`: index the recording and cut it into segments."""

from __future__ import annotations

from shared.db.results import commit_plan
from shared.domain.errors import MediaAltered
from shared.domain.plan import Plan
from shared.domain.step import Claim
from worker.analyser import Analyser
from worker.lease import LeaseKeeper
from worker.recording import Tools, load_job, media_request


def perform_plan(tools: Tools, claim: Claim, analyser: Analyser, lease: LeaseKeeper) -> None:
    """Raises MediaError for what cannot be analysed; the file's hash is checked here, once."""
    job, video = load_job(tools, claim)
    # Planning reports samples of no segment, so only its liveness counts.
    answer = analyser.ask({"do": "plan", **media_request(tools, job, video)}, lambda _: lease(0))
    plan = Plan.of(answer.header["plan"])
    if plan.facts.sha256 != video.sha256:
        raise MediaAltered("the stored recording is not the one that was accepted; upload it again")
    lease.commit(lambda session: commit_plan(session, claim, plan))
