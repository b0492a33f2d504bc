"""Jobs: accept, read, list, cancel, and the moves between states.

Whoever changes a job locks its row first and its steps after, everywhere in this
package, so that no two can wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select, update
from sqlalchemy.orm import Session

from shared.db.batches import note_job_over
from shared.db.events import record_job_event
from shared.db.ids import new_id
from shared.db.quotas import charge_jobs
from shared.db.tables import JobRow, StepRow, VideoRow
from shared.domain.errors import MienError, NotFound, StateConflict
from shared.domain.ids import BatchId, JobId, VideoId, WorkspaceId
from shared.domain.job import (
    PRIORITIES,
    RETRIABLE,
    TERMINAL,
    Job,
    JobRequest,
    JobState,
    Origin,
    Progress,
    check_edge,
)
from shared.domain.options import Options
from shared.domain.video import Video

Listed = Select[JobRow, str, int, datetime]

PLAN_BYTES_PER_S = 10e6  # a slow disk still hashes this much; sizes the hard limit of the plan step
FETCH_MEDIA_S = 720.0  # two hours for a recording from elsewhere; its length is not known before


def insert_job(
    session: Session,
    video: Video,
    request: JobRequest,
    *,
    origin: Origin | None = None,
    retry_of: JobId | None = None,
    batch_id: BatchId | None = None,
) -> JobId:
    """A queued job and its first step. The caller's transaction makes both real at once. Raises QuotaExceeded."""
    charge_jobs(session, video.workspace_id)
    job_id = JobId(new_id())
    session.add(
        JobRow(
            id=job_id,
            workspace_id=video.workspace_id,
            video_id=video.id,
            options=request.options.to_dict(),
            purpose=request.purpose,
            consent_reference=request.consent_reference,
            reference=request.reference,
            metadata_=request.metadata,
            priority=PRIORITIES.index(request.priority),
            webhook_url=request.webhook_url,
            retry_of=retry_of,
            batch_id=batch_id,
            request_id=origin.request_id if origin else None,
            traceparent=origin.traceparent if origin else None,
            state="queued",
        )
    )
    session.flush()
    job = session.get_one(JobRow, job_id)
    if video.state == "fetching":
        add_step(session, job, "fetch", media_s=FETCH_MEDIA_S)
    else:
        add_plan(session, job, video.size_bytes)
    return job_id


def add_plan(session: Session, job: JobRow, size_bytes: int) -> None:
    add_step(session, job, "plan", media_s=size_bytes / PLAN_BYTES_PER_S)


def add_step(
    session: Session,
    job: JobRow,
    kind: str,
    *,
    index: int = 0,
    media_s: float = 0.0,
    planned: dict[str, Any] | None = None,
) -> None:
    session.add(
        StepRow(
            job_id=job.id,
            kind=kind,
            index=index,
            workspace_id=job.workspace_id,
            device="io" if kind == "fetch" else job.options["device"],
            priority=job.priority,
            state="ready",
            planned=planned,
            media_s=media_s,
        )
    )


def get_job(session: Session, workspace_id: WorkspaceId, job_id: JobId) -> Job:
    """Raises NotFound, also for a job of another workspace."""
    row = session.execute(_job_query(), {"job_id": job_id, "tenant": workspace_id}).first()
    if row is None:
        raise NotFound("there is no such job")
    return to_job(row)


@cache
def _job_query() -> Listed:
    """Built once: clients ask it all day, and building it takes as long as asking."""
    named = (JobRow.id == bindparam("job_id")) & (JobRow.workspace_id == bindparam("tenant"))
    return with_progress().where(named)


def get_jobs(session: Session, job_ids: Iterable[JobId]) -> list[Job]:
    """Jobs of any workspace, for a caller that has checked who may see them."""
    return [to_job(row) for row in session.execute(with_progress().where(JobRow.id.in_(list(job_ids))))]


def retry_job(
    session: Session, workspace_id: WorkspaceId, job_id: JobId, video: Video, origin: Origin | None = None
) -> JobId:
    """A new job for the same request. Raises StateConflict unless the first one failed or was canceled."""
    before = get_job(session, workspace_id, job_id)
    if before.state not in RETRIABLE:
        raise StateConflict(f"the job is {before.state}; only one that failed or was canceled can be retried")
    return insert_job(session, video, before.request, origin=origin, retry_of=job_id)


def cancel_job(session: Session, workspace_id: WorkspaceId, job_id: JobId) -> None:
    """Accepted until the result commits. Raises NotFound, or StateConflict once the job is over."""
    job = session.scalar(
        select(JobRow).where(JobRow.id == job_id, JobRow.workspace_id == workspace_id).with_for_update()
    )
    if job is None:
        raise NotFound("there is no such job")
    if job.state in TERMINAL:
        raise StateConflict(f"the job is already {job.state}")
    if job.state != "canceling":
        drop_steps(session, job, ("ready",))
        move_job(session, job, "canceling" if has_steps(session, job, ("leased",)) else "canceled")


def move_job(session: Session, job: JobRow, state: JobState) -> None:
    """Follow an edge; the end of a job is an event. The caller holds the job's lock."""
    check_edge(job.state, state)  # type: ignore[arg-type]
    was_over = job.finished_at is not None
    job.state = state
    job.version += 1
    if state in TERMINAL:
        job.finished_at = job.finished_at or func.now()  # a job that is erased ended before
        record_job_event(session, job.workspace_id, job.id, f"job.{state}", job.webhook_url)  # type: ignore[arg-type]
        if job.batch_id is not None and not was_over:
            note_job_over(session, job.batch_id)


def fail_job(session: Session, job: JobRow, error: MienError) -> None:
    drop_steps(session, job, ("ready", "leased"))
    job.error_code, job.error_detail = error.code, error.detail
    move_job(session, job, "failed")


def drop_steps(session: Session, job: JobRow, states: Sequence[str]) -> None:
    open_steps = (StepRow.job_id == job.id) & StepRow.state.in_(states)
    session.execute(update(StepRow).where(open_steps).values(state="canceled", leased_until=None))


def has_steps(session: Session, job: JobRow, states: Sequence[str], kind: str | None = None) -> bool:
    query = select(StepRow.job_id).where(StepRow.job_id == job.id, StepRow.state.in_(states))
    return session.scalar((query if kind is None else query.where(StepRow.kind == kind)).limit(1)) is not None


def with_progress() -> Listed:
    """The columns of which `to_job` makes a job."""
    own = (StepRow.job_id == JobRow.id) & (StepRow.kind == "segment")
    done = select(func.coalesce(func.sum(StepRow.samples_done), 0)).where(own).scalar_subquery()
    name = select(VideoRow.original_name).where(VideoRow.id == JobRow.video_id).scalar_subquery()
    return select(JobRow, name, done, func.now())


def to_job(found: Row[JobRow, str, int, datetime]) -> Job:
    row, video_name, samples_done, now = found
    return Job(
        id=JobId(row.id),
        workspace_id=WorkspaceId(row.workspace_id),
        video_id=VideoId(row.video_id),
        video_name=video_name or None,
        request=_to_request(row),
        state=row.state,  # type: ignore[arg-type]
        version=row.version,
        progress=_progress(row, samples_done, now),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error_code=row.error_code,
        error_detail=row.error_detail,
        engine=row.engine,
        plan=row.plan,
        retry_of=JobId(row.retry_of) if row.retry_of else None,
        batch_id=BatchId(row.batch_id) if row.batch_id else None,
        origin=Origin(request_id=row.request_id, traceparent=row.traceparent),
    )


def _to_request(row: JobRow) -> JobRequest:
    return JobRequest(
        options=Options(**row.options),
        purpose=row.purpose,  # type: ignore[arg-type]
        consent_reference=row.consent_reference,
        reference=row.reference,
        metadata=row.metadata_,
        priority=PRIORITIES[row.priority],
        webhook_url=row.webhook_url,
    )


def _progress(row: JobRow, samples_done: int, now: datetime) -> Progress:
    eta_s = None
    if row.state == "running" and row.started_at and row.samples_total and samples_done:
        elapsed_s = (now - row.started_at).total_seconds()
        eta_s = round(elapsed_s * (row.samples_total - samples_done) / samples_done, 1)
    return Progress(samples_done=samples_done, samples_total=row.samples_total, eta_s=eta_s)
