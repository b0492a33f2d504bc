"""Jobs as the pages find them: carried out to some point with invented faces, and stored by the real functions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text

from shared.db.jobs import insert_job
from shared.db.results import Result, commit_finish, commit_plan, commit_segment
from shared.db.steps import refuse, report_progress
from shared.domain.errors import MienError
from shared.domain.ids import JobId, to_wire
from shared.domain.job import JobRequest
from shared.domain.plan import Plan
from shared.domain.samples import Sample
from shared.storage.local import LocalStorage
from shared.storage.port import moment_key
from tests.factories import SUMMARY, a_plan, a_video, claim, samples_of
from tests.ui.conftest import Site
from worker.pipeline.summary import summarise_samples

FACE = Path(__file__).parents[1] / "assets" / "face.jpg"

MINUTE: tuple[str | None, ...] = (
    *["neutral"] * 20,
    *["fear"] * 8,
    *["happy"] * 40,
    *[None] * 6,
    *["neutral"] * 16,
    *["angry"] * 6,
    *["happy"] * 24,
)
"""120 samples, one each half second: two moments, and a gap of 3 s."""


def finished(
    site: Site,
    seen: Sequence[str | None] = MINUTE,
    *,
    segments: int = 2,
    pictures: bool = True,
    recording: Path | None = None,
) -> str:
    """The id of a job that succeeded; `seen` is dealt out to segments of equal length.

    Without a recording it is one whose file was deleted since.
    """
    each = len(seen) // segments
    plan = a_plan(segments, samples_each=each)
    parts = {s.index: samples_of(s, seen[s.first_sample : s.first_sample + each]) for s in plan.segments}
    job_id = started(site, plan)
    for _ in plan.segments:
        taken = claim(site.sessions)
        with site.sessions.begin() as session:
            commit_segment(session, taken, parts[taken.key.index])
    result = result_of(job_id, plan, parts)
    taken = claim(site.sessions)
    with site.sessions.begin() as session:
        commit_finish(session, taken, result, [])
    for number in range(len(result.summary["moments"]) if pictures else 0):
        LocalStorage(site.storage).put(moment_key(job_id, number), FACE.read_bytes())
    keep_recording(site, job_id, recording)
    return to_wire("job", job_id)


def keep_recording(site: Site, job_id: JobId, recording: Path | None) -> None:
    state = "stored" if recording else "deleted"
    query = "UPDATE video SET state = :state WHERE id = (SELECT video_id FROM job WHERE id = :id) RETURNING storage_key"
    with site.sessions.begin() as session:
        key: str = session.execute(text(query), {"state": state, "id": job_id}).scalar_one()
    if recording:
        LocalStorage(site.storage).put(key, recording.read_bytes())


def result_of(job_id: JobId, plan: Plan, parts: dict[int, list[Sample]]) -> Result:
    faces = {index: {0: 0} if any(sample.faces for sample in part) else {} for index, part in parts.items()}
    summary = summarise_samples(plan, parts, faces)
    return Result(
        job_id=job_id,
        summary={**summary.to_dict(), "provenance": SUMMARY["provenance"]},
        track_mapping={str(index): {str(local): track for local, track in own.items()} for index, own in faces.items()},
        primary_track=summary.primary_track,
    )


def queued(site: Site) -> JobId:
    with site.sessions.begin() as session:
        return insert_job(session, a_video(session), JobRequest())


def started(site: Site, plan: Plan) -> JobId:
    job_id = queued(site)
    taken = claim(site.sessions)
    with site.sessions.begin() as session:
        commit_plan(session, taken, plan)
    return job_id


def half_done(site: Site) -> str:
    job_id = started(site, a_plan(1, samples_each=60))
    taken = claim(site.sessions)
    with site.sessions.begin() as session:
        report_progress(session, taken, 30)
    return to_wire("job", job_id)


def failed(site: Site, error: MienError) -> str:
    job_id = queued(site)
    taken = claim(site.sessions)
    with site.sessions.begin() as session:
        refuse(session, taken, error)
    return to_wire("job", job_id)
