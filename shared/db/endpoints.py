"""Where a workspace wants to be told, and the secrets that sign for it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.db.events import record_event, record_event_for
from shared.db.ids import new_id
from shared.db.tables import DeliveryRow, EndpointRow, WorkspaceRow
from shared.domain.delivery import SECRET_OVERLAP_S, Endpoint, EventType
from shared.domain.errors import NotFound, StateConflict
from shared.domain.ids import DeliveryId, EndpointId, WorkspaceId, to_wire

MAX_ENDPOINTS = 50  # every event is written once for each


def create_endpoint(
    session: Session,
    workspace_id: WorkspaceId,
    *,
    url: str,
    event_types: tuple[EventType, ...],
    description: str | None,
    secret: str,
) -> Endpoint:
    """Raises StateConflict when the workspace has as many as it may have."""
    alive = (EndpointRow.workspace_id == workspace_id) & (EndpointRow.state != "deleted")
    if (session.scalar(select(func.count()).where(alive)) or 0) >= MAX_ENDPOINTS:
        raise StateConflict(f"a workspace may have {MAX_ENDPOINTS} endpoints; delete one first")
    row = EndpointRow(
        id=new_id(),
        workspace_id=workspace_id,
        url=url,
        event_types=list(event_types),
        description=description,
        secret=secret,
        state="active",
    )
    session.add(row)
    session.flush()
    return to_endpoint(row)


def list_endpoints(session: Session, workspace_id: WorkspaceId) -> list[Endpoint]:
    alive = (EndpointRow.workspace_id == workspace_id) & (EndpointRow.state != "deleted")
    return [to_endpoint(row) for row in session.scalars(select(EndpointRow).where(alive).order_by(EndpointRow.id))]


def get_endpoint(session: Session, workspace_id: WorkspaceId, endpoint_id: EndpointId) -> Endpoint:
    """Raises NotFound, also for one of another workspace."""
    return to_endpoint(_lock(session, workspace_id, endpoint_id))


def secret_of(session: Session, endpoint_id: EndpointId) -> str:
    """What signs for it now. For who has just made it or rotated it."""
    return session.scalars(select(EndpointRow.secret).where(EndpointRow.id == endpoint_id)).one()


def rotate_secret(session: Session, workspace_id: WorkspaceId, endpoint_id: EndpointId, secret: str) -> Endpoint:
    """The new secret signs from now on, and the one before beside it for a day."""
    row = _lock(session, workspace_id, endpoint_id)
    row.previous_secret, row.secret = row.secret, secret
    row.previous_secret_until = func.now() + timedelta(seconds=SECRET_OVERLAP_S)
    session.flush()
    return to_endpoint(row)


def enable_endpoint(session: Session, workspace_id: WorkspaceId, endpoint_id: EndpointId) -> Endpoint:
    """Events from now on are delivered again; those that it missed can be redelivered."""
    row = _lock(session, workspace_id, endpoint_id)
    row.state, row.disabled_reason, row.failing_since = "active", None, None
    session.flush()
    return to_endpoint(row)


def disable_endpoint(session: Session, workspace_id: WorkspaceId, endpoint_id: EndpointId) -> Endpoint:
    row = _lock(session, workspace_id, endpoint_id)
    if row.state == "active":
        disable(session, row, "disabled by request")
    return to_endpoint(row)


def delete_endpoint(session: Session, workspace_id: WorkspaceId, endpoint_id: EndpointId) -> None:
    """The log of its deliveries stays; its address and secrets do not."""
    row = _lock(session, workspace_id, endpoint_id)
    _drop_deliveries(session, row.id)
    session.execute(update(DeliveryRow).where(DeliveryRow.endpoint_id == row.id).values(url="", target=""))
    row.state, row.url, row.secret = "deleted", "", ""
    row.previous_secret = row.previous_secret_until = None


def send_test(session: Session, workspace_id: WorkspaceId, endpoint_id: EndpointId) -> DeliveryId:
    """Raises StateConflict for an endpoint that is disabled."""
    row = _lock(session, workspace_id, endpoint_id)
    if row.state != "active":
        raise StateConflict("the endpoint is disabled; enable it first")
    data = {"endpoint_id": to_wire("whk", row.id), "text": "This is a test. Nothing happened."}
    return DeliveryId(record_event_for(session, row, "endpoint.test", data))


def disable(session: Session, row: EndpointRow, reason: str) -> None:
    """Send nothing more, and tell the workspace's other endpoints. The caller holds the row's lock."""
    row.state, row.disabled_reason = "disabled", reason
    _drop_deliveries(session, row.id)
    session.flush()
    data = {"endpoint_id": to_wire("whk", row.id), "description": row.description, "reason": reason}
    record_event(session, row.workspace_id, "endpoint.disabled", data)


def workspace_secret(session: Session, workspace_id: WorkspaceId, fresh: str) -> str:
    """The secret that signs for addresses that come with a job; made at the first use."""
    unset = (WorkspaceRow.id == workspace_id) & WorkspaceRow.webhook_secret.is_(None)
    session.execute(update(WorkspaceRow).where(unset).values(webhook_secret=fresh))
    return session.scalars(select(WorkspaceRow.webhook_secret).where(WorkspaceRow.id == workspace_id)).one() or fresh


def rotate_workspace_secret(session: Session, workspace_id: WorkspaceId, secret: str) -> None:
    until = func.now() + timedelta(seconds=SECRET_OVERLAP_S)
    session.execute(
        update(WorkspaceRow)
        .where(WorkspaceRow.id == workspace_id)
        .values(
            previous_webhook_secret=WorkspaceRow.webhook_secret,
            previous_webhook_secret_until=until,
            webhook_secret=secret,
        )
    )


def to_endpoint(row: EndpointRow) -> Endpoint:
    return Endpoint(
        id=EndpointId(row.id),
        workspace_id=WorkspaceId(row.workspace_id),
        url=row.url,
        event_types=tuple(row.event_types),  # type: ignore[arg-type]
        description=row.description,
        state=row.state,  # type: ignore[arg-type]
        disabled_reason=row.disabled_reason,
        failing_since=row.failing_since,
        created_at=row.created_at,
    )


def _lock(session: Session, workspace_id: WorkspaceId, endpoint_id: EndpointId) -> EndpointRow:
    """The endpoint before its deliveries, everywhere, so that no two wait for each other.

    The lock leaves its key alone: events that are written meanwhile may refer to it.
    """
    named = (EndpointRow.id == endpoint_id) & (EndpointRow.workspace_id == workspace_id)
    query = select(EndpointRow).where(named, EndpointRow.state != "deleted").with_for_update(key_share=True)
    row = session.scalar(query)
    if row is None:
        raise NotFound("there is no such endpoint")
    return row


def _drop_deliveries(session: Session, endpoint_id: UUID) -> None:
    """Those that wait are dead, and can be redelivered; one that is under way ends by itself."""
    waiting = (DeliveryRow.endpoint_id == endpoint_id) & (DeliveryRow.state == "ready")
    session.execute(update(DeliveryRow).where(waiting).values(state="dead", finished_at=func.now()))
