"""Batches: made with their jobs in one transaction, finished in that of the last job's end."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from shared.db.events import record_batch_event
from shared.db.ids import new_id
from shared.db.tables import BatchRow, JobRow, StepRow
from shared.domain.batch import Batch
from shared.domain.errors import NotFound
from shared.domain.ids import BatchId, JobId, WorkspaceId, to_wire


def insert_batch(session: Session, workspace_id: WorkspaceId, total: int, webhook_url: str | None) -> BatchId:
    """An empty batch, to which the same transaction adds so many jobs."""
    batch_id = BatchId(new_id())
    session.add(BatchRow(id=batch_id, workspace_id=workspace_id, webhook_url=webhook_url, total=total, open_jobs=total))
    session.flush()
    return batch_id


def get_batch(session: Session, workspace_id: WorkspaceId, batch_id: BatchId) -> Batch:
    """Raises NotFound, also for a batch of another workspace."""
    row = session.scalar(select(BatchRow).where(BatchRow.id == batch_id, BatchRow.workspace_id == workspace_id))
    if row is None:
        raise NotFound("there is no such batch")
    return _to_batch(session, row)


def list_batches(session: Session, workspace_id: WorkspaceId, *, limit: int, before: BatchId | None) -> list[Batch]:
    """Newest first."""
    query = select(BatchRow).where(BatchRow.workspace_id == workspace_id)
    if before is not None:
        query = query.where(BatchRow.id < before)
    rows = session.scalars(query.order_by(BatchRow.id.desc()).limit(limit)).all()
    return [_to_batch(session, row) for row in rows]


def open_jobs_of(session: Session, workspace_id: WorkspaceId, batch_id: BatchId) -> list[JobId]:
    """Those that are not over, in the order in which they were given. Raises NotFound."""
    get_batch(session, workspace_id, batch_id)
    of_batch = (JobRow.batch_id == batch_id) & JobRow.finished_at.is_(None)
    return [JobId(job_id) for job_id in session.scalars(select(JobRow.id).where(of_batch).order_by(JobRow.id))]


def note_job_over(session: Session, batch_id: UUID) -> None:
    """One job less is open; the last one finishes the batch. The caller holds the job's lock and has flushed its end.

    The batch is locked after the job, everywhere, so that no two wait for each other.
    """
    batch = session.get_one(BatchRow, batch_id, with_for_update={"key_share": True}, populate_existing=True)
    batch.open_jobs -= 1
    if batch.open_jobs == 0:
        batch.finished_at = func.now()
        data = {"batch_id": to_wire("bat", batch.id), "total": batch.total, "counts": _counts(session, batch.id)}
        record_batch_event(session, batch.workspace_id, batch.id, "batch.finished", data, batch.webhook_url)
        batch.webhook_url = None
    session.flush()


def _to_batch(session: Session, row: BatchRow) -> Batch:
    return Batch(
        id=BatchId(row.id),
        workspace_id=WorkspaceId(row.workspace_id),
        total=row.total,
        counts=_counts(session, row.id),
        percent=round(100 * float(session.scalar(_share_done(row.id)) or 0.0), 1),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def _counts(session: Session, batch_id: UUID) -> dict[str, int]:
    query = select(JobRow.state, func.count()).where(JobRow.batch_id == batch_id).group_by(JobRow.state)
    return dict(session.execute(query.order_by(JobRow.state)).all())


def _share_done(batch_id: UUID) -> Select[float]:
    done = select(func.coalesce(func.sum(StepRow.samples_done), 0)).where(StepRow.job_id == JobRow.id).scalar_subquery()
    share = case(
        (JobRow.finished_at.is_not(None), 1.0),
        (JobRow.samples_total > 0, func.least(done / (JobRow.samples_total * 1.0), 1.0)),
        else_=0.0,
    )
    return select(func.avg(share)).where(JobRow.batch_id == batch_id)
