"""Events, and with each, in the same transaction, a delivery to everyone who wants to be told."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.db.ids import new_id
from shared.db.tables import DeliveryRow, EndpointRow, EventRow
from shared.domain.delivery import Event, EventType, is_wanted
from shared.domain.ids import EventId, JobId, WorkspaceId


def record_job_event(
    session: Session, workspace_id: UUID, job_id: UUID, event_type: EventType, job_url: str | None
) -> None:
    """The caller's transaction makes the event, its cause and its deliveries real at once."""
    event = _insert(session, workspace_id, event_type, job_id=job_id)
    _deliver_to_all(session, event)
    if job_url is not None:
        _deliver(session, event, job_url, None)


def record_batch_event(
    session: Session, workspace_id: UUID, batch_id: UUID, event_type: EventType, data: dict[str, Any], url: str | None
) -> None:
    """The end of a batch, told like the end of a job."""
    event = _insert(session, workspace_id, event_type, batch_id=batch_id, data=data)
    _deliver_to_all(session, event)
    if url is not None:
        _deliver(session, event, url, None)


def record_event(session: Session, workspace_id: UUID, event_type: EventType, data: dict[str, Any]) -> None:
    """What concerns no job and no batch."""
    _deliver_to_all(session, _insert(session, workspace_id, event_type, data=data))


def record_event_for(session: Session, endpoint: EndpointRow, event_type: EventType, data: dict[str, Any]) -> UUID:
    """What one endpoint alone is told, whatever it chose. Returns the id of the delivery."""
    event = _insert(session, endpoint.workspace_id, event_type, data=data)
    return _deliver(session, event, endpoint.url, endpoint.id)


def to_event(row: EventRow) -> Event:
    return Event(
        id=EventId(row.id),
        workspace_id=WorkspaceId(row.workspace_id),
        type=row.type,  # type: ignore[arg-type]
        job_id=JobId(row.job_id) if row.job_id else None,
        data=row.data,
        created_at=row.created_at,
    )


def target_of(url: str) -> str:
    """The server behind an address; who is slow there is slow for all addresses of it."""
    return urlsplit(url).netloc.lower()


def _insert(
    session: Session,
    workspace_id: UUID,
    event_type: EventType,
    *,
    job_id: UUID | None = None,
    batch_id: UUID | None = None,
    data: dict[str, Any] | None = None,
) -> EventRow:
    event = EventRow(
        id=new_id(), workspace_id=workspace_id, job_id=job_id, batch_id=batch_id, type=event_type, data=data
    )
    session.add(event)
    session.flush()
    return event


def _deliver_to_all(session: Session, event: EventRow) -> None:
    active = (EndpointRow.workspace_id == event.workspace_id) & (EndpointRow.state == "active")
    for endpoint in session.scalars(select(EndpointRow).where(active)):
        if is_wanted(event.type, tuple(endpoint.event_types)):  # type: ignore[arg-type]
            _deliver(session, event, endpoint.url, endpoint.id)


def _deliver(session: Session, event: EventRow, url: str, endpoint_id: UUID | None) -> UUID:
    delivery_id = new_id()
    session.add(
        DeliveryRow(
            id=delivery_id,
            workspace_id=event.workspace_id,
            event_id=event.id,
            endpoint_id=endpoint_id,
            url=url,
            target=target_of(url),
            state="ready",
        )
    )
    return delivery_id
