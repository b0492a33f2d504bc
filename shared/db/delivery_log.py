"""What was sent to whom, with every attempt; and sending it again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from shared.db.events import to_event
from shared.db.tables import AttemptRow, DeliveryRow, EndpointRow, EventRow
from shared.domain.delivery import Attempt, Delivery, DeliveryState, Outcome
from shared.domain.errors import NotFound, StateConflict
from shared.domain.ids import DeliveryId, EndpointId, JobId, WorkspaceId


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryFilter:
    state: DeliveryState | None = None
    endpoint_id: EndpointId | None = None
    job_id: JobId | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        wanted = {
            DeliveryRow.state: self.state,
            DeliveryRow.endpoint_id: self.endpoint_id,
            EventRow.job_id: self.job_id,
        }
        return [column == value for column, value in wanted.items() if value is not None]


def list_deliveries(
    session: Session, workspace_id: WorkspaceId, wanted: DeliveryFilter, *, limit: int, before: DeliveryId | None
) -> list[Delivery]:
    """Newest first."""
    query = _with_event(workspace_id).where(*wanted.conditions())
    if before is not None:
        query = query.where(DeliveryRow.id < before)
    return _with_attempts(session, list(session.execute(query.order_by(DeliveryRow.id.desc()).limit(limit))))


def get_delivery(session: Session, workspace_id: WorkspaceId, delivery_id: DeliveryId) -> Delivery:
    """Raises NotFound, also for one of another workspace."""
    found = session.execute(_with_event(workspace_id).where(DeliveryRow.id == delivery_id)).first()
    if found is None:
        raise NotFound("there is no such delivery")
    return _with_attempts(session, [found])[0]


def redeliver(session: Session, workspace_id: WorkspaceId, delivery_id: DeliveryId) -> None:
    """Send it again now, with the same id and a schedule from the start.

    Raises NotFound, or StateConflict while it is being sent, when it was canceled, or its endpoint takes nothing.
    """
    named = (DeliveryRow.id == delivery_id) & (DeliveryRow.workspace_id == workspace_id)
    row = session.scalar(select(DeliveryRow).where(named).with_for_update())
    if row is None:
        raise NotFound("there is no such delivery")
    if row.state in ("leased", "canceled"):
        raise StateConflict("the delivery is being sent" if row.state == "leased" else "the delivery was canceled")
    if row.endpoint_id is not None and session.get_one(EndpointRow, row.endpoint_id).state != "active":
        raise StateConflict("its endpoint is disabled or deleted; enable it first")
    if not row.url:
        raise StateConflict("its address went with the job that was erased")
    row.state, row.not_before, row.finished_at = "ready", func.now(), None
    row.round_began, row.losses = row.attempts, 0
    session.flush()


def _with_event(workspace_id: WorkspaceId) -> Select[DeliveryRow, EventRow]:
    joined = select(DeliveryRow, EventRow).join(EventRow, EventRow.id == DeliveryRow.event_id)
    return joined.where(DeliveryRow.workspace_id == workspace_id).execution_options(populate_existing=True)


def _with_attempts(session: Session, found: list[Row[DeliveryRow, EventRow]]) -> list[Delivery]:
    attempts: dict[object, list[Attempt]] = {row.id: [] for row, _ in found}
    of_page = AttemptRow.delivery_id.in_(list(attempts))
    for attempt in session.scalars(select(AttemptRow).where(of_page).order_by(AttemptRow.number)):
        attempts[attempt.delivery_id].append(_to_attempt(attempt))
    return [_to_delivery(row, event, attempts[row.id]) for row, event in found]


def _to_delivery(row: DeliveryRow, event: EventRow, attempts: list[Attempt]) -> Delivery:
    return Delivery(
        id=DeliveryId(row.id),
        event=to_event(event),
        endpoint_id=EndpointId(row.endpoint_id) if row.endpoint_id else None,
        url=row.url,
        state=row.state,  # type: ignore[arg-type]
        attempts=tuple(attempts),
        next_attempt_at=row.not_before if row.state == "ready" else None,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def _to_attempt(row: AttemptRow) -> Attempt:
    outcome = Outcome(status=row.status, latency_s=row.latency_s, error=row.error, answer=row.answer)
    return Attempt(number=row.number, outcome=outcome, created_at=row.created_at)
