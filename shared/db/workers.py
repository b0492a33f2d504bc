"""Which workers are there: each writes a line of its own now and then. Nothing depends on it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.db.tables import StepRow, WorkerRow
from shared.domain.worker import FORGOTTEN_DAYS, WorkerFacts, WorkerSeen


def note_worker(session: Session, facts: WorkerFacts) -> None:
    about = {
        "classes": list(facts.classes),
        "engine": facts.engine,
        "analysers": facts.analysers,
        "version": facts.version,
        "started_at": facts.started_at,
        "seen_at": func.now(),
    }
    line = insert(WorkerRow).values(name=facts.name, **about)
    session.execute(line.on_conflict_do_update(index_elements=[WorkerRow.name], set_=about))


def forget_worker(session: Session, name: str) -> None:
    session.execute(delete(WorkerRow).where(WorkerRow.name == name))


def forget_lost_workers(session: Session) -> None:
    session.execute(delete(WorkerRow).where(WorkerRow.seen_at < func.now() - timedelta(days=FORGOTTEN_DAYS)))


def list_workers(session: Session) -> list[WorkerSeen]:
    held = (
        select(func.count())
        .where(StepRow.leased_by == WorkerRow.name, StepRow.state == "leased", StepRow.leased_until > func.now())
        .scalar_subquery()
    )
    rows = session.execute(select(WorkerRow, held).order_by(WorkerRow.name))
    return [_to_worker(row, leases) for row, leases in rows]


def _to_worker(row: WorkerRow, leases: int) -> WorkerSeen:
    facts = WorkerFacts(
        name=row.name,
        classes=tuple(row.classes),
        engine=row.engine,
        analysers=row.analysers,
        version=row.version,
        started_at=row.started_at,
    )
    return WorkerSeen(facts=facts, seen_at=row.seen_at, leases=leases)
