"""Erasing a job: what remains is its id and its times.

Rows go in one transaction. Files go after it, at once and then by each sweep until
one that comes long after the last worker can have written: whoever dies between
leaves nothing for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, select, true, update
from sqlalchemy.orm import Session

from shared.db.deliveries import cancel_deliveries_of
from shared.db.jobs import drop_steps, move_job
from shared.db.tables import (
    ArtifactRow,
    AttemptRow,
    DeliveryRow,
    EventRow,
    IdempotencyKeyRow,
    JobRow,
    ResultRow,
    SegmentResultRow,
    StepRow,
    UploadRow,
    VideoRow,
    WorkspaceRow,
)
from shared.domain.errors import NotFound, StateConflict
from shared.domain.ids import JobId, VideoId, WorkspaceId

PURGED_AFTER = timedelta(minutes=10)  # a worker that was stopped may write until it notices that its lease is lost


@dataclass(frozen=True, kw_only=True, slots=True)
class Erasure:
    """What was erased, and whose files have to go."""

    job_id: JobId
    video_id: VideoId | None
    """None: another job still needs the recording."""
    erased_at: datetime


def erase_job(session: Session, workspace_id: WorkspaceId, job_id: JobId) -> Erasure:
    """Erasing twice is erasing once. Raises NotFound."""
    named = (JobRow.id == job_id) & (JobRow.workspace_id == workspace_id)
    job = session.scalar(select(JobRow).where(named).with_for_update())
    if job is None:
        raise NotFound("there is no such job")
    if job.state != "erased":
        _erase_rows(session, job)
        _scrub(job)
        cancel_deliveries_of(session, job.id)
        _forget_names(session, job)
        move_job(session, job, "erased")
        job.webhook_url = None
        job.erased_at = func.now()
    video_id = _erase_video(session, job)
    session.flush()
    session.refresh(job)
    assert job.erased_at is not None
    return Erasure(job_id=job_id, video_id=video_id, erased_at=job.erased_at)


def jobs_under(session: Session, workspace_id: WorkspaceId, reference: str, limit: int = 100) -> list[JobId]:
    """Jobs with that reference that are not erased yet: an erased one has none."""
    named = (JobRow.workspace_id == workspace_id) & (JobRow.reference == reference)
    return [
        JobId(job_id) for job_id in session.scalars(select(JobRow.id).where(named).order_by(JobRow.id).limit(limit))
    ]


def erase_video(session: Session, workspace_id: WorkspaceId, video_id: VideoId) -> None:
    """Erasing twice is erasing once. Results stay. Raises NotFound, or StateConflict while a job needs it."""
    named = (VideoRow.id == video_id) & (VideoRow.workspace_id == workspace_id)
    if session.scalar(select(VideoRow.id).where(named).with_for_update()) is None:
        raise NotFound("there is no such recording")
    if session.scalar(select(JobRow.id).where(JobRow.video_id == video_id, JobRow.finished_at.is_(None)).limit(1)):
        raise StateConflict("a job that is not over needs the recording; cancel it first, or erase it")
    _scrub_video(session, VideoRow.id == video_id)


def expired_jobs(session: Session, result_retention_days: float, limit: int = 20) -> list[tuple[WorkspaceId, JobId]]:
    """Jobs that ended longer ago than their workspace, or else the deployment, keeps results; some of each workspace."""
    days = func.coalesce(WorkspaceRow.result_retention_days, result_retention_days)
    ended = JobRow.finished_at < func.now() - func.make_interval(0, 0, 0, 0, 0, 0, days * 86400.0)
    oldest = (
        select(JobRow.id)
        .where(JobRow.workspace_id == WorkspaceRow.id, JobRow.erased_at.is_(None), ended)
        .order_by(JobRow.finished_at)
        .limit(limit)
        .lateral()
    )
    found = session.execute(select(WorkspaceRow.id, oldest.c.id).join(oldest, true()))
    return [(WorkspaceId(workspace_id), JobId(job_id)) for workspace_id, job_id in found]


def unpurged(session: Session, limit: int = 100) -> list[Erasure]:
    """Erased jobs whose files may not all be gone."""
    waiting = JobRow.erased_at.is_not(None) & JobRow.purged_at.is_(None)
    query = select(JobRow.id, JobRow.erased_at, VideoRow.id, VideoRow.state)
    rows = session.execute(
        query.join(VideoRow, VideoRow.id == JobRow.video_id).where(waiting).order_by(JobRow.erased_at).limit(limit)
    )
    return [
        Erasure(job_id=JobId(job), video_id=VideoId(video) if state == "deleted" else None, erased_at=at)
        for job, at, video, state in rows
        if at is not None
    ]


def mark_purged(session: Session, removed: list[Erasure]) -> None:
    """Those whose files were removed just now, so long after that nobody can have written since."""
    late = JobRow.erased_at < func.now() - PURGED_AFTER
    ids = [erasure.job_id for erasure in removed]
    session.execute(update(JobRow).where(JobRow.id.in_(ids), late).values(purged_at=func.now()))


def _erase_rows(session: Session, job: JobRow) -> None:
    drop_steps(session, job, ("ready", "leased"))
    session.execute(update(StepRow).where(StepRow.job_id == job.id).values(planned=None, error_detail=None))
    for table in (SegmentResultRow, ResultRow, ArtifactRow):
        session.execute(delete(table).where(table.job_id == job.id))
    session.execute(delete(IdempotencyKeyRow).where(IdempotencyKeyRow.made_id == job.id))
    sent = select(DeliveryRow.id).join(EventRow, EventRow.id == DeliveryRow.event_id).where(EventRow.job_id == job.id)
    session.execute(update(AttemptRow).where(AttemptRow.delivery_id.in_(sent)).values(answer=None))


def _forget_names(session: Session, job: JobRow) -> None:
    """Addresses and keys that came with the job, or with a batch of which nothing is left, may say whom it was about."""
    about = EventRow.job_id == job.id
    if job.batch_id is not None:
        others = exists().where(JobRow.batch_id == job.batch_id, JobRow.id != job.id, JobRow.erased_at.is_(None))
        about |= (EventRow.batch_id == job.batch_id) & ~others
        session.execute(delete(IdempotencyKeyRow).where(IdempotencyKeyRow.made_id == job.batch_id, ~others))
    sent = DeliveryRow.event_id.in_(select(EventRow.id).where(about)) & DeliveryRow.endpoint_id.is_(None)
    over = DeliveryRow.state.not_in(("ready", "leased"))
    session.execute(update(DeliveryRow).where(sent, over).values(url="", target=""))


def _scrub(job: JobRow) -> None:
    job.reference = job.consent_reference = job.error_detail = None
    job.request_id = job.traceparent = None
    job.metadata_, job.plan, job.samples_total = {}, None, None


def _erase_video(session: Session, job: JobRow) -> VideoId | None:
    """The recording, unless another job that was not erased has it."""
    others = exists().where(JobRow.video_id == job.video_id, JobRow.id != job.id, JobRow.state != "erased")
    session.execute(select(VideoRow.id).where(VideoRow.id == job.video_id).with_for_update())
    return _scrub_video(session, (VideoRow.id == job.video_id) & ~others)


def _scrub_video(session: Session, which: ColumnElement[bool]) -> VideoId | None:
    """Leave of the row its id, its size and its times."""
    erased = update(VideoRow).where(which).values(state="deleted", original_name="", sha256="", source_url=None)
    found: UUID | None = session.scalar(erased.returning(VideoRow.id))
    if found is None:
        return None
    uploads = select(UploadRow.id).where(UploadRow.video_id == found)
    session.execute(delete(IdempotencyKeyRow).where(IdempotencyKeyRow.made_id == found))
    session.execute(delete(IdempotencyKeyRow).where(IdempotencyKeyRow.made_id.in_(uploads)))
    session.execute(update(UploadRow).where(UploadRow.video_id == found).values(metadata_={}))
    return VideoId(found)
