"""Step `segment`: frames, faces and emotions of one stretch of the recording."""

from __future__ import annotations

from shared.db.results import commit_segment
from shared.domain.samples import unpack_samples
from shared.domain.step import Claim
from shared.metrics import SAMPLES
from worker.analyser import Analyser
from worker.lease import LeaseKeeper
from worker.recording import Tools, load_job, media_request, model_folder


def perform_segment(tools: Tools, claim: Claim, analyser: Analyser, lease: LeaseKeeper) -> None:
    job, video = load_job(tools, claim)
    request = {
        "do": "segment",
        "plan": {**(job.plan or {}), "segments": []},
        "segment": claim.planned,
        **media_request(tools, job, video),
        "model_folder": model_folder(tools, job),
    }
    samples = unpack_samples(analyser.ask(request, lease).parts[0])
    lease.commit(lambda session: commit_segment(session, claim, samples))
    SAMPLES.inc(len(samples))
