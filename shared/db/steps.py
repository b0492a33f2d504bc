"""What the bearer of a lease may do: keep it, report, hand it back, give up.

Every write names the claim's token: when no row answers to it, the lease was lost,
and what the bearer brings is discarded. All times are the database's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from sqlalchemy import Select, Update, and_, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from shared.db.jobs import fail_job, has_steps, move_job
from shared.db.tables import JobRow, StepRow
from shared.domain.errors import MienError
from shared.domain.job import WORKING
from shared.domain.step import JOB_KINDS, MAX_ATTEMPTS, Claim, StepKey, backoff_s

HeartbeatAnswer = Literal["held", "lost", "canceling"]


class LeaseLost(Exception):
    """Somebody else holds the step now, or nobody may: discard what was computed."""


def heartbeat(session: Session, claim: Claim, *, lease_s: float, samples_done: int) -> HeartbeatAnswer:
    """Keep the lease for another while; 'lost' past the hard deadline or when another bears it."""
    renewed = _note_progress(claim, samples_done).values(leased_until=func.now() + timedelta(seconds=lease_s))
    if session.execute(renewed.returning(StepRow.job_id)).first() is None:
        return "lost"
    return _held_or_canceling(session, claim)


def report_progress(session: Session, claim: Claim, samples_done: int) -> HeartbeatAnswer:
    """What readers see; never runs backwards, and never locks the job."""
    if session.execute(_note_progress(claim, samples_done).returning(StepRow.job_id)).first() is None:
        return "lost"
    return _held_or_canceling(session, claim)


def _note_progress(claim: Claim, samples_done: int) -> Update:
    shown = func.greatest(StepRow.samples_done, samples_done)
    return update(StepRow).where(_borne_by(claim), func.now() < StepRow.hard_deadline).values(samples_done=shown)


def _held_or_canceling(session: Session, claim: Claim) -> HeartbeatAnswer:
    state = session.scalar(select(JobRow.state).where(JobRow.id == claim.key.job_id))
    return "canceling" if state == "canceling" else "held"


def lock_for_commit(session: Session, claim: Claim) -> tuple[JobRow, StepRow]:
    """The job's row, then the step's, both locked and still ours. Raises LeaseLost otherwise."""
    job, step = _lock_borne(session, claim)
    if claim.key.kind in JOB_KINDS and job.state not in WORKING:
        raise LeaseLost
    return job, step


def release(session: Session, claim: Claim) -> None:
    """Hand an unfinished step back, as at SIGTERM: no fault is counted."""
    job, step = _lock_borne(session, claim)
    step.leased_until = None
    step.state = "canceled" if job.state == "canceling" else "ready"
    session.flush()
    settle_cancel(session, job)


def give_back_after_death(session: Session, claim: Claim, error: MienError) -> None:
    """The analyser died on this step: try again a bounded number of times, each after a longer wait."""
    job, step = _lock_borne(session, claim)
    step.attempts += 1
    if job.state != "canceling" and step.attempts >= MAX_ATTEMPTS:
        return give_up(session, job, step, error)
    step.leased_until = None
    step.state = "canceled" if job.state == "canceling" else "ready"
    step.not_before = func.now() + timedelta(seconds=backoff_s(step.attempts))
    session.flush()
    settle_cancel(session, job)
    return None


def refuse(session: Session, claim: Claim, error: MienError) -> None:
    """The input is wrong: no second try will mend it."""
    job, step = _lock_borne(session, claim)
    if job.state == "canceling":
        step.state, step.leased_until = "canceled", None
        session.flush()
        settle_cancel(session, job)
    else:
        give_up(session, job, step, error)


def settle_cancel(session: Session, job: JobRow) -> None:
    """A winding-down job is canceled once nobody works on it any more. The caller holds its lock."""
    if job.state == "canceling" and not has_steps(session, job, ("leased",)):
        move_job(session, job, "canceled")


def settle_abandoned_cancels(session: Session) -> int:
    """End the leases that ran out under canceling jobs, whose workers will not report any more."""
    jobs = session.scalars(select(JobRow).where(JobRow.state == "canceling").with_for_update(skip_locked=True)).all()
    for job in jobs:
        expired = and_(StepRow.job_id == job.id, StepRow.state == "leased", StepRow.leased_until <= func.now())
        session.execute(update(StepRow).where(expired).values(state="canceled", leased_until=None))
        settle_cancel(session, job)
    return len(jobs)


def give_up(session: Session, job: JobRow, step: StepRow, error: MienError) -> None:
    """The step is dead, and with it a job that waits for it."""
    step.state, step.leased_until = "dead", None
    step.error_code, step.error_detail = error.code, error.detail
    session.flush()
    if step.kind in JOB_KINDS:
        fail_job(session, job, error)


def _lock_borne(session: Session, claim: Claim) -> tuple[JobRow, StepRow]:
    job = session.get_one(JobRow, claim.key.job_id, with_for_update=True)
    step = session.scalar(step_query(claim.key).where(_borne_by(claim)).with_for_update())
    if step is None:
        raise LeaseLost
    return job, step


def _borne_by(claim: Claim) -> ColumnElement[bool]:
    return and_(_is(claim.key), StepRow.state == "leased", StepRow.lease_token == claim.token)


def _is(key: StepKey) -> ColumnElement[bool]:
    return and_(StepRow.job_id == key.job_id, StepRow.kind == key.kind, StepRow.index == key.index)


def step_query(key: StepKey) -> Select[StepRow]:
    return select(StepRow).where(_is(key))
