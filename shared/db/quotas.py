"""How much a workspace has of what it may have, counted in the transaction that adds to it.

Whoever adds holds the workspace's lock until the commit, so that two at once cannot
both take the last of it. A workspace without limits is neither locked nor counted.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.db.tables import JobRow, UploadRow, VideoRow, WorkspaceRow
from shared.domain.errors import QuotaExceeded
from shared.domain.ids import WorkspaceId

DAY = timedelta(hours=24)
JOBS_END_S = 30.0  # when it is worth while to ask again for a place among the open jobs
SPACE_FREES_S = 3600.0


def charge_jobs(session: Session, workspace_id: WorkspaceId, jobs: int = 1) -> None:
    """Raises QuotaExceeded when so many more jobs are more than the workspace may have. Call it before adding them."""
    max_open, max_daily = _limits(session, workspace_id, WorkspaceRow.max_open_jobs, WorkspaceRow.max_jobs_per_day)
    of_workspace = JobRow.workspace_id == workspace_id
    if max_open is not None:
        count = session.scalar(select(func.count()).where(of_workspace, JobRow.finished_at.is_(None))) or 0
        if count + jobs > max_open:
            raise QuotaExceeded(
                f"the workspace may have {max_open} jobs that are not over, and has {count}; wait for some to end",
                retry_after_s=JOBS_END_S,
            )
    if max_daily is not None:
        _charge_day(session, workspace_id, jobs, max_daily)


def _charge_day(session: Session, workspace_id: WorkspaceId, jobs: int, most: int) -> None:
    recent = (JobRow.workspace_id == workspace_id) & (JobRow.created_at > func.now() - DAY)
    count = session.scalar(select(func.count()).where(recent)) or 0
    if count + jobs <= most:
        return
    leaving = select(JobRow.created_at).where(recent).order_by(JobRow.created_at).offset(count + jobs - most - 1)
    left_s = func.extract("epoch", leaving.limit(1).scalar_subquery() + DAY - func.now())
    raise QuotaExceeded(
        f"the workspace may submit {most} jobs in 24 hours, and has submitted {count}",
        retry_after_s=float(session.scalar(select(left_s)) or DAY.total_seconds()),
    )


def charge_bytes(session: Session, workspace_id: WorkspaceId, size_bytes: int) -> None:
    """Raises QuotaExceeded when a recording of that size would not fit any more. Call it before adding it."""
    (most,) = _limits(session, workspace_id, WorkspaceRow.max_stored_bytes)
    if most is None:
        return
    kept = select(func.coalesce(func.sum(VideoRow.size_bytes), 0)).where(
        VideoRow.workspace_id == workspace_id, VideoRow.state != "deleted"
    )
    coming = select(func.coalesce(func.sum(func.coalesce(UploadRow.length_bytes, UploadRow.offset_bytes)), 0)).where(
        UploadRow.workspace_id == workspace_id, UploadRow.state == "receiving"
    )
    used = int(session.scalar(select(kept.scalar_subquery() + coming.scalar_subquery())) or 0)
    if used + size_bytes > most:
        raise QuotaExceeded(
            f"the workspace may keep {most} bytes of recordings, and keeps {used}; erase some first",
            retry_after_s=SPACE_FREES_S,
        )


def _limits(session: Session, workspace_id: WorkspaceId, *columns: Any) -> tuple[int | None, ...]:
    """The limits, and while any is set, the lock of whoever adds."""
    query = select(*columns).where(WorkspaceRow.id == workspace_id)
    limits = tuple(session.execute(query).one())
    if any(limit is not None for limit in limits):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"quota:{workspace_id}", 0))))
    return limits
