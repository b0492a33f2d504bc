"""Lists of jobs, page by page: each filter has an index that also holds the order, so every page costs the same.

A page starts at a place in the order rather than at a count, so that what comes in
meanwhile neither moves nor doubles anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, tuple_
from sqlalchemy.orm import Session

from shared.db.jobs import Listed, to_job, with_progress
from shared.db.tables import JobRow
from shared.domain.ids import BatchId, VideoId, WorkspaceId
from shared.domain.job import Job, JobState
from shared.domain.purpose import Purpose


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFilter:
    states: tuple[JobState, ...] = ()
    """Any of them; empty: all."""
    reference: str | None = None
    purpose: Purpose | None = None
    video_id: VideoId | None = None
    batch_id: BatchId | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    """All of these names with these values."""
    created_after: datetime | None = None
    """The first moment that counts."""
    created_before: datetime | None = None
    """The first moment that does not."""

    def conditions(self) -> list[ColumnElement[bool]]:
        same = {
            JobRow.reference: self.reference,
            JobRow.purpose: self.purpose,
            JobRow.video_id: self.video_id,
            JobRow.batch_id: self.batch_id,
        }
        found = [column == value for column, value in same.items() if value is not None]
        found += [_one_of(self.states)] if self.states else []
        found += [JobRow.metadata_.contains(self.metadata)] if self.metadata else []
        found += [JobRow.created_at >= self.created_after] if self.created_after else []
        return found + ([JobRow.created_at < self.created_before] if self.created_before else [])


@dataclass(frozen=True, slots=True)
class Place:
    """Of a job in the order of all jobs."""

    created_at: datetime
    id: UUID

    @classmethod
    def of(cls, job: Job) -> Place:
        return cls(job.created_at, job.id)


def list_jobs(
    session: Session,
    workspace_id: WorkspaceId,
    wanted: JobFilter,
    *,
    limit: int,
    after: Place | None = None,
    oldest_first: bool = False,
) -> list[Job]:
    """At most so many, from behind a place on."""
    query = page_query(workspace_id, wanted, limit=limit, after=after, oldest_first=oldest_first)
    return [to_job(row) for row in session.execute(query)]


def page_query(
    workspace_id: WorkspaceId, wanted: JobFilter, *, limit: int, after: Place | None, oldest_first: bool
) -> Listed:
    query = with_progress().where(JobRow.workspace_id == workspace_id, *wanted.conditions())
    order = tuple_(JobRow.created_at, JobRow.id)
    if after is not None:
        place = (after.created_at, after.id)
        query = query.where(order > place if oldest_first else order < place)
    by = [JobRow.created_at, JobRow.id] if oldest_first else [JobRow.created_at.desc(), JobRow.id.desc()]
    return query.order_by(*by).limit(limit)


def _one_of(states: tuple[JobState, ...]) -> ColumnElement[bool]:
    """One state is compared rather than searched for, so that its index gives the order too."""
    return JobRow.state == states[0] if len(states) == 1 else JobRow.state.in_(states)
