"""Step `finish`: the segments become one result."""

from __future__ import annotations

from shared.db.engine import transaction
from shared.db.results import Result, commit_finish, get_plan, get_samples
from shared.db.steps import lock_for_commit
from shared.domain.samples import pack_samples
from shared.domain.step import Claim
from worker.analyser import Analyser
from worker.lease import LeaseKeeper
from worker.recording import Tools, load_job, model_folder

MAX_PICTURES = 50  # of the longest moments


def perform_finish(tools: Tools, claim: Claim, analyser: Analyser, lease: LeaseKeeper) -> None:
    """Raises MediaUnreadable when too little of the recording could be decoded."""
    job, _ = load_job(tools, claim)
    with transaction(tools.sessions) as session:
        lock_for_commit(session, claim)  # nobody erases the job between these two reads
        plan = get_plan(session, job.id)
        samples = get_samples(session, job.id)
    request = {
        "do": "summary",
        "plan": plan.to_dict(),
        "options": job.request.options.to_dict(),
        "engine": job.engine,
        "model_folder": model_folder(tools, job),
    }
    answer = analyser.ask(request, lambda _: lease(0), [pack_samples(part) for part in samples.values()]).header
    result = Result(
        job_id=job.id,
        summary={**answer["summary"], "provenance": answer["provenance"]},
        track_mapping=answer["track_mapping"],
        primary_track=answer["primary_track"],
    )
    pictures = sorted(answer["pictures"], key=lambda picture: -picture["length_s"])[:MAX_PICTURES]
    lease.commit(lambda session: commit_finish(session, claim, result, pictures))
