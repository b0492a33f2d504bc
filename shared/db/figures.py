"""How the whole deployment stands, as numbers: what waits, for how long, and what is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from shared.db.claims import is_claimable
from shared.db.deliveries import is_due
from shared.db.tables import DeliveryRow, EndpointRow, JobRow, StepRow
from shared.domain.job import WORKING


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    count: int
    oldest_s: float
    """Age of the one that waits longest; 0 when none does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    open_jobs: dict[str, Waiting]
    """By state."""
    claimable_steps: dict[str, Waiting]
    """By kind: nobody works on them, though somebody could."""
    waiting_by_class: dict[str, Waiting]
    """The same steps by the class of worker that they wait for; `auto`: cpu or gpu."""
    leased_steps: int
    overdue_leases: int
    """Their bearers have not been heard of in time, and nobody has taken over yet."""
    due_deliveries: Waiting
    disabled_endpoints: int


def read_figures(session: Session) -> Figures:
    jobs = _by(JobRow.state, JobRow.created_at).where(JobRow.finished_at.is_(None))
    due = select(func.count(), _age_s(DeliveryRow.not_before)).where(is_due())
    leased = StepRow.state == "leased"
    return Figures(
        open_jobs={state: _waiting(count, age) for state, count, age in session.execute(jobs)},
        claimable_steps=_claimable(session, StepRow.kind),
        waiting_by_class=_claimable(session, StepRow.device),
        leased_steps=session.scalar(select(func.count()).where(leased)) or 0,
        overdue_leases=session.scalar(select(func.count()).where(leased, StepRow.leased_until <= func.now())) or 0,
        due_deliveries=_waiting(*session.execute(due).one()),
        disabled_endpoints=session.scalar(select(func.count()).where(EndpointRow.state == "disabled")) or 0,
    )


def _claimable(session: Session, group: InstrumentedAttribute[str]) -> dict[str, Waiting]:
    steps = (
        _by(group, StepRow.not_before)
        .join(JobRow, JobRow.id == StepRow.job_id)
        .where(is_claimable(), JobRow.state.in_((*WORKING, "succeeded")))
    )
    return {name: _waiting(count, age) for name, count, age in session.execute(steps)}


def _by(group: InstrumentedAttribute[str], since: InstrumentedAttribute[datetime]) -> Select[str, int, Any]:
    return select(group, func.count(), _age_s(since)).group_by(group)


def _age_s(since: InstrumentedAttribute[datetime]) -> ColumnElement[Any]:
    return func.extract("epoch", func.now() - func.min(since))


def _waiting(count: int, age_s: float | None) -> Waiting:
    return Waiting(count=count, oldest_s=max(float(age_s or 0.0), 0.0))
