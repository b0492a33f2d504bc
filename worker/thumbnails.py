"""Step `thumbnails`: a picture of each of the longest moments."""

from __future__ import annotations

from shared.crash import crash_point
from shared.db.engine import transaction
from shared.db.results import commit_thumbnails, get_plan
from shared.db.steps import lock_for_commit
from shared.domain.step import Claim
from shared.storage.port import moment_key
from worker.analyser import Analyser
from worker.lease import LeaseKeeper
from worker.recording import Tools, load_job, media_request


def perform_thumbnails(tools: Tools, claim: Claim, analyser: Analyser, lease: LeaseKeeper) -> None:
    """Which frames show the moments was noted when the result was made."""
    job, video = load_job(tools, claim)
    with transaction(tools.sessions) as session:
        lock_for_commit(session, claim)  # of an erased job there is no plan
        plan = get_plan(session, job.id)
    wanted = (claim.planned or {})["pictures"]
    request = {"do": "pictures", "plan": plan.to_dict(), "pictures": wanted}
    pictures = analyser.ask({**request, **media_request(tools, job, video)}, lambda _: lease(0)).parts
    for picture, content in zip(wanted, pictures, strict=True):
        tools.storage.put(moment_key(job.id, picture["number"]), content)
    crash_point("picture_stored")
    lease.commit(lambda session: commit_thumbnails(session, claim))
