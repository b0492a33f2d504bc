"""Who works on what next: the fair claim of a step under a fresh lease.

A claim runs under one transaction-level advisory lock, so that fairness is exact.
All times are the database's; no worker's clock counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import log

from sqlalchemy import Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.elements import ColumnElement

from shared.db.jobs import move_job
from shared.db.steps import give_up, step_query
from shared.db.tables import JobRow, SegmentResultRow, StepRow, WorkspaceRow
from shared.domain.errors import WorkerLost
from shared.domain.ids import JobId, WorkspaceId
from shared.domain.job import WORKING, Origin
from shared.domain.step import (
    ENGINE_PATIENCE_S,
    JOB_KINDS,
    MAX_LOSSES,
    TURN_SEGMENTS,
    Claim,
    StepClass,
    StepKey,
    class_to_hint,
    devices_served_by,
    hard_limit_s,
)

CLAIM_LOCK = 0x636C61696D  # "claim"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearer:
    """A worker as it asks for work."""

    name: str
    classes: tuple[StepClass, ...]
    engine: str
    """A job keeps the engine of its first segment, unless no worker offers that any more."""
    lease_s: float


def claim_step(session: Session, bearer: Bearer) -> Claim | None:
    """The next fair step under a fresh lease; None when nothing is ready for this bearer."""
    session.execute(select(func.pg_advisory_xact_lock(CLAIM_LOCK)))
    while (key := _next_candidate(session, bearer)) is not None:
        job = session.get_one(JobRow, key.job_id, with_for_update=True, populate_existing=True)
        found = session.execute(_with_wait(key).where(is_claimable()).with_for_update(of=StepRow)).first()
        if found is None:  # it was committed while we waited for the job
            continue
        step, waited_s = found
        if step.state == "leased" and step.losses + 1 >= MAX_LOSSES:
            give_up(session, job, step, WorkerLost(f"{MAX_LOSSES} workers vanished while they worked on this"))
            continue
        rescued = step.state == "leased"
        _lease(session, job, step, bearer)
        return _to_claim(job, step, rescued=rescued, waited_s=float(waited_s))
    return None


def _with_wait(key: StepKey) -> Select[StepRow, float]:
    waited_s = func.extract("epoch", func.now() - StepRow.not_before)
    return step_query(key).add_columns(waited_s).execution_options(populate_existing=True)


def _next_candidate(session: Session, bearer: Bearer) -> StepKey | None:
    held = (
        select(
            StepRow.workspace_id,
            StepRow.job_id,
            func.count().label("leases"),
            func.count().filter(StepRow.kind == "segment").label("segments"),
        )
        .where(StepRow.state == "leased", StepRow.leased_until > func.now())
        .group_by(StepRow.workspace_id, StepRow.job_id)
        .cte("held")
    )
    tenant = (
        select(
            held.c.workspace_id,
            func.sum(held.c.leases).label("leases"),
            func.sum(held.c.segments).label("segments"),
        )
        .group_by(held.c.workspace_id)
        .cte("tenant")
    )
    found = session.execute(
        select(StepRow.job_id, StepRow.kind, StepRow.index.label("number"))
        .join(JobRow, JobRow.id == StepRow.job_id)
        .outerjoin(held, held.c.job_id == StepRow.job_id)
        .outerjoin(tenant, tenant.c.workspace_id == StepRow.workspace_id)
        .where(is_claimable(), _meant_for(bearer), ~_lacks_pictures(), _within_limit(tenant.c.segments))
        .order_by(
            StepRow.priority.desc(),
            func.coalesce(tenant.c.leases, 0),
            func.coalesce(held.c.leases, 0),
            _turns_had(),
            StepRow.job_id,
            StepRow.kind,
            StepRow.index,
        )
        .limit(1)
    ).first()
    return StepKey(job_id=JobId(found.job_id), kind=found.kind, index=found.number) if found else None


def _within_limit(running: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the workspace may have one more segment running. A claim holds the lock, so the count is exact."""
    limit = select(WorkspaceRow.max_running_segments).where(WorkspaceRow.id == StepRow.workspace_id).scalar_subquery()
    return or_(StepRow.kind != "segment", limit.is_(None), func.coalesce(running, 0) < limit)


def _turns_had() -> ColumnElement[float]:
    """How much of the recording has been worked on, in doublings: segments are claimed in the order of their index.

    Without it a single analyser, which holds no lease while it claims, would finish the oldest job first, however long.
    """
    return func.floor(func.ln(StepRow.index / float(TURN_SEGMENTS) + 1) / log(2))


def is_claimable() -> ColumnElement[bool]:
    fresh = and_(StepRow.state == "ready", StepRow.not_before <= func.now())
    expired = and_(StepRow.state == "leased", StepRow.leased_until <= func.now())
    return or_(fresh, expired)


def _meant_for(bearer: Bearer) -> ColumnElement[bool]:
    in_progress = and_(StepRow.kind.in_(JOB_KINDS), JobRow.state.in_(WORKING))
    afterwards = and_(StepRow.kind.not_in(JOB_KINDS), JobRow.state == "succeeded")
    fits = or_(StepRow.kind != "segment", JobRow.engine.is_(None), JobRow.engine == bearer.engine, _is_abandoned())
    return and_(StepRow.device.in_(devices_served_by(bearer.classes)), or_(in_progress, afterwards), fits)


def _lacks_pictures() -> ColumnElement[bool]:
    """Whether an artifact that shows the moments has to wait until their pictures are made, or cannot be."""
    other = aliased(StepRow)
    awaited = (other.job_id == StepRow.job_id) & (other.kind == "thumbnails") & other.state.in_(("ready", "leased"))
    return StepRow.kind.in_(("report", "archive")) & exists().where(awaited)


def _is_abandoned() -> ColumnElement[bool]:
    """Whether the segments of a job wait for an engine that no worker offers any more, as after an upgrade."""
    other, since = aliased(StepRow), func.now() - timedelta(seconds=ENGINE_PATIENCE_S)
    worked_on = exists().where(other.job_id == StepRow.job_id, other.kind == "segment", other.leased_until > since)
    return and_(StepRow.not_before < since, ~worked_on)


def _lease(session: Session, job: JobRow, step: StepRow, bearer: Bearer) -> None:
    step.losses += step.state == "leased"
    step.state = "leased"
    step.lease_token += 1
    step.leased_by = bearer.name
    step.leased_until = func.now() + timedelta(seconds=bearer.lease_s)
    step.hard_deadline = func.now() + timedelta(seconds=hard_limit_s(step.media_s))
    if step.kind == "segment" and job.engine != bearer.engine:
        _start_over(session, job)
        job.engine = bearer.engine
    if job.state == "queued":
        job.started_at = func.now()
        move_job(session, job, "planning")
    session.flush()


def _start_over(session: Session, job: JobRow) -> None:
    """Forget what another engine computed: a result is of one engine, whoever did which segment."""
    done = and_(StepRow.job_id == job.id, StepRow.kind == "segment", StepRow.state == "done")
    session.execute(delete(SegmentResultRow).where(SegmentResultRow.job_id == job.id))
    session.execute(update(StepRow).where(done).values(state="ready", lease_token=StepRow.lease_token + 1))


def _to_claim(job: JobRow, step: StepRow, *, rescued: bool, waited_s: float) -> Claim:
    return Claim(
        key=StepKey(job_id=JobId(job.id), kind=step.kind, index=step.index),  # type: ignore[arg-type]
        workspace_id=WorkspaceId(job.workspace_id),
        token=step.lease_token,
        job_state=job.state,  # type: ignore[arg-type]
        planned=step.planned,
        media_s=step.media_s,
        attempts=step.attempts,
        rescued=rescued,
        waited_s=waited_s,
        origin=Origin(request_id=job.request_id, traceparent=job.traceparent),
    )


def classes_waiting(session: Session) -> list[StepClass]:
    """The classes for which a hint is due."""
    waiting = session.scalars(select(StepRow.device).where(is_claimable()).distinct())
    return sorted({class_to_hint(device) for device in waiting})  # type: ignore[arg-type]
