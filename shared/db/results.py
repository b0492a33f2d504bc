"""What a bearer brings home: each commit is one transaction, fenced by its token.

The one that completes the last segment makes the `finish` step; the one that
finishes makes the result, the event and the steps that adorn it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.db.jobs import add_plan, add_step, has_steps, move_job
from shared.db.steps import lock_for_commit
from shared.db.tables import JobRow, ResultRow, SegmentResultRow, StepRow, VideoRow
from shared.domain.errors import Gone, NotFound, StateConflict
from shared.domain.ids import JobId, WorkspaceId
from shared.domain.plan import Plan
from shared.domain.samples import Sample, pack_samples, unpack_samples
from shared.domain.step import Claim
from shared.domain.video import StoredFile

FINISH_MEDIA_S = 60.0  # finishing is arithmetic; this only sizes its hard limit
THUMBNAILS_MEDIA_S = 600.0  # fifty seeks and decodes


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    job_id: JobId
    summary: dict[str, Any]
    track_mapping: dict[str, dict[str, int]]
    """Segment index → local track id → track id of the whole recording."""
    primary_track: int | None


def commit_fetch(session: Session, claim: Claim, fetched: tuple[str, StoredFile] | None) -> None:
    """The recording is here, under that key; None when it was here already. Raises LeaseLost."""
    job, step = lock_for_commit(session, claim)
    video = session.get_one(VideoRow, job.video_id, with_for_update={"key_share": True})
    if fetched is not None and video.state == "fetching":
        key, stored = fetched
        video.storage_key, video.state, video.source_url = key, "stored", None
        video.size_bytes, video.sha256, video.modified_ns = stored.size_bytes, stored.sha256, stored.modified_ns
    step.state = "done"
    add_plan(session, job, video.size_bytes)


def commit_plan(session: Session, claim: Claim, plan: Plan) -> None:
    """Segments become steps. Raises LeaseLost."""
    job, step = lock_for_commit(session, claim)
    data = plan.to_dict()
    segments = data.pop("segments")
    job.plan, job.samples_total = data, plan.samples_total
    for segment, planned in zip(plan.segments, segments, strict=True):
        media_s = len(segment.frame_pts) * plan.interval_s
        add_step(session, job, "segment", index=segment.index, media_s=media_s, planned=planned)
    step.state = "done"
    move_job(session, job, "running")


def commit_segment(session: Session, claim: Claim, samples: list[Sample]) -> None:
    """One result per segment, carrying the token of the lease that wrote it. Raises LeaseLost."""
    job, step = lock_for_commit(session, claim)
    session.add(
        SegmentResultRow(job_id=job.id, index=claim.key.index, token=claim.token, samples=pack_samples(samples))
    )
    step.state, step.samples_done = "done", len(samples)
    session.flush()
    if not has_steps(session, job, ("ready", "leased"), kind="segment"):
        add_step(session, job, "finish", media_s=FINISH_MEDIA_S)
        move_job(session, job, "finishing")


def commit_finish(session: Session, claim: Claim, result: Result, pictures: list[dict[str, Any]]) -> None:
    """The result, its event and the end of the job, at once. Raises LeaseLost."""
    job, step = lock_for_commit(session, claim)
    session.add(
        ResultRow(
            job_id=job.id,
            summary=result.summary,
            track_mapping=result.track_mapping,
            primary_track=result.primary_track,
        )
    )
    step.state = "done"
    if job.options["thumbnails"] and pictures:
        planned = {"pictures": pictures}
        add_step(session, job, "thumbnails", media_s=THUMBNAILS_MEDIA_S, planned=planned)
    move_job(session, job, "succeeded")


def commit_thumbnails(session: Session, claim: Claim) -> None:
    """The pictures lie in the storage. Raises LeaseLost."""
    _, step = lock_for_commit(session, claim)
    step.state = "done"


def get_plan(session: Session, job_id: JobId) -> Plan:
    """The plan put together again from the job and its steps."""
    of_job = (StepRow.job_id == job_id) & (StepRow.kind == "segment")
    segments = session.scalars(select(StepRow.planned).where(of_job).order_by(StepRow.index)).all()
    return Plan.of({**(session.get_one(JobRow, job_id).plan or {}), "segments": segments})


def get_samples(session: Session, job_id: JobId, *, first_segment: int = 0) -> dict[int, list[Sample]]:
    """Samples by segment, as stored: with the track ids of their segment."""
    of_job = (SegmentResultRow.job_id == job_id) & (SegmentResultRow.index >= first_segment)
    rows = session.execute(select(SegmentResultRow.index, SegmentResultRow.samples).where(of_job))
    return {index: unpack_samples(samples) for index, samples in sorted(rows.all())}


def get_segment_samples(session: Session, job_id: JobId, index: int) -> list[Sample] | None:
    row = session.get(SegmentResultRow, (job_id, index))
    return unpack_samples(row.samples) if row else None


def get_result(session: Session, workspace_id: WorkspaceId, job_id: JobId) -> Result:
    """Raises NotFound for a foreign or unknown job, StateConflict while or when there is no result."""
    query = select(JobRow.state, JobRow.error_code).where(JobRow.id == job_id, JobRow.workspace_id == workspace_id)
    job = session.execute(query).first()
    if job is None:
        raise NotFound("there is no such job")
    result = find_result(session, job_id)
    if job.state == "erased":
        raise Gone("the job was erased")
    if result is None:
        raise StateConflict(f"the job is {job.state}" + (f" ({job.error_code})" if job.error_code else ""))
    return result


def find_result(session: Session, job_id: JobId) -> Result | None:
    row = session.get(ResultRow, job_id)
    if row is None:
        return None
    return Result(job_id=job_id, summary=row.summary, track_mapping=row.track_mapping, primary_track=row.primary_track)


def segment_of_sample(session: Session, job_id: JobId, sample: int) -> int | None:
    """The index of the segment that owns a sample; the last one for numbers past the end."""
    of_job = (StepRow.job_id == job_id) & (StepRow.kind == "segment")
    begins_before = StepRow.planned["first_sample"].as_integer() <= sample
    query = select(StepRow.index).where(of_job, begins_before).order_by(StepRow.index.desc()).limit(1)
    return session.scalar(query)
