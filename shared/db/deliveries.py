"""Deliveries: the claim, the outcome, the log. Leased like steps, by the clock of the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from shared.db.endpoints import disable
from shared.db.events import to_event
from shared.db.steps import LeaseLost
from shared.db.tables import AttemptRow, DeliveryRow, EndpointRow, EventRow, WorkspaceRow
from shared.domain.delivery import (
    FAILING_DAYS,
    GONE,
    MAX_DELIVERY_LOSSES,
    DeliveryClaim,
    Outcome,
    Signing,
    delay_before_next_s,
)
from shared.domain.ids import DeliveryId, EndpointId

DELIVERY_LOCK = 0x64656C69766572  # "deliver": claims follow each other, so that the limit per target is exact
MAX_PER_TARGET = 4  # deliveries under way to one server; a slow one must leave senders to the others


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What an outcome led to, for the log and the counters."""

    state: str
    disabled: str | None = None


def claim_delivery(session: Session, sender: str, lease_s: float) -> DeliveryClaim | None:
    """The next due delivery under a fresh lease; None when nothing is due.

    First those to servers with the fewest deliveries under way, then the longest due.
    """
    session.execute(select(func.pg_advisory_xact_lock(DELIVERY_LOCK)))
    while (row := session.scalar(_due())) is not None:
        if row.state == "leased" and row.losses + 1 >= MAX_DELIVERY_LOSSES:
            row.state, row.leased_until, row.finished_at = "dead", None, func.now()
            session.flush()
            continue
        return _lease(session, row, sender, lease_s)
    return None


def _due() -> Select[DeliveryRow]:
    under_way = (
        select(DeliveryRow.target, func.count().label("leases"))
        .where(DeliveryRow.state == "leased", DeliveryRow.leased_until > func.now())
        .group_by(DeliveryRow.target)
        .cte("under_way")
    )
    leases = func.coalesce(under_way.c.leases, 0)
    return (
        select(DeliveryRow)
        .outerjoin(under_way, under_way.c.target == DeliveryRow.target)
        .where(is_due(), leases < MAX_PER_TARGET)
        .order_by(leases, DeliveryRow.not_before, DeliveryRow.id)
        .limit(1)
        .with_for_update(of=DeliveryRow, skip_locked=True)
        .execution_options(populate_existing=True)
    )


def is_due() -> ColumnElement[bool]:
    fresh = and_(DeliveryRow.state == "ready", DeliveryRow.not_before <= func.now())
    expired = and_(DeliveryRow.state == "leased", DeliveryRow.leased_until <= func.now())
    return or_(fresh, expired)


def _lease(session: Session, row: DeliveryRow, sender: str, lease_s: float) -> DeliveryClaim:
    row.losses += row.state == "leased"
    row.state = "leased"
    row.lease_token += 1
    row.leased_by = sender
    row.leased_until = func.now() + timedelta(seconds=lease_s)
    session.flush()
    return DeliveryClaim(
        id=DeliveryId(row.id),
        token=row.lease_token,
        event=to_event(session.get_one(EventRow, row.event_id)),
        endpoint_id=EndpointId(row.endpoint_id) if row.endpoint_id else None,
        url=row.url,
        signing=_signing(session, row),
    )


def _signing(session: Session, row: DeliveryRow) -> Signing:
    """The endpoint's secrets, or for an address that came with a job, the workspace's."""
    if row.endpoint_id is not None:
        endpoint, until = EndpointRow, EndpointRow.previous_secret_until
        query = select(endpoint.secret, endpoint.previous_secret, until > func.now()).where(
            endpoint.id == row.endpoint_id
        )
        secret, previous, overlap = session.execute(query).one()
    else:
        tenant, until = WorkspaceRow, WorkspaceRow.previous_webhook_secret_until
        query = select(
            func.coalesce(tenant.webhook_secret, ""), tenant.previous_webhook_secret, until > func.now()
        ).where(tenant.id == row.workspace_id)
        secret, previous, overlap = session.execute(query).one()
    return Signing(secret=secret, previous=previous if overlap else None)


def settle_delivery(session: Session, claim: DeliveryClaim, outcome: Outcome, random: Callable[[], float]) -> Settled:
    """Write an attempt down and decide what follows. Raises LeaseLost when another sender holds the delivery."""
    endpoint = _lock_endpoint(session, claim)
    row = _lock_borne(session, claim)
    row.attempts += 1
    # What a receiver answers to an erasure may name whom it was about.
    kept = replace(outcome, answer=None) if claim.event.type == "job.erased" else outcome
    session.add(_to_attempt(row, kept))
    row.leased_until = None
    if outcome.succeeded:
        row.state, row.finished_at = "delivered", func.now()
        if endpoint is not None:
            endpoint.failing_since = None
        settled = Settled(state="delivered")
    else:
        settled = _settle_failure(session, row, endpoint, outcome, random)
    if settled.state != "ready" and endpoint is None and claim.event.type == "job.erased":
        row.url = row.target = ""  # the last that was told of the job; its address goes with it
    return settled


def _settle_failure(
    session: Session, row: DeliveryRow, endpoint: EndpointRow | None, outcome: Outcome, random: Callable[[], float]
) -> Settled:
    delay_s = delay_before_next_s(row.attempts - row.round_began, outcome, random)
    over = delay_s is None or outcome.status == GONE or (endpoint is not None and endpoint.state != "active")
    row.state = "dead" if over else "ready"
    if over:
        row.finished_at = func.now()
    else:
        row.not_before = func.now() + timedelta(seconds=delay_s or 0.0)
    session.flush()
    disabled = _disabled_for(session, endpoint, outcome) if endpoint is not None else None
    if endpoint is not None and disabled:
        disable(session, endpoint, disabled)
    return Settled(state="dead" if disabled else row.state, disabled=disabled)


def _disabled_for(session: Session, endpoint: EndpointRow, outcome: Outcome) -> str | None:
    """Why an endpoint that failed just now gets nothing more; None when it still does."""
    if endpoint.state != "active":
        return None
    if outcome.status == GONE:
        return "it answered 410 Gone"
    if endpoint.failing_since is None:
        endpoint.failing_since = func.now()
        return None
    session.refresh(endpoint)
    patience = func.now() - timedelta(days=FAILING_DAYS)
    return (
        f"it failed for {FAILING_DAYS:.0f} days" if session.scalar(select(endpoint.failing_since < patience)) else None
    )


def release_delivery(session: Session, claim: DeliveryClaim) -> None:
    """Hand it back untried, as at SIGTERM."""
    row = _lock_borne(session, claim)
    row.state, row.leased_until = "ready", None


def _lock_endpoint(session: Session, claim: DeliveryClaim) -> EndpointRow | None:
    if claim.endpoint_id is None:
        return None
    return session.get_one(EndpointRow, claim.endpoint_id, with_for_update={"key_share": True})


def _lock_borne(session: Session, claim: DeliveryClaim) -> DeliveryRow:
    borne = (DeliveryRow.id == claim.id) & (DeliveryRow.state == "leased") & (DeliveryRow.lease_token == claim.token)
    row = session.scalar(select(DeliveryRow).where(borne).with_for_update())
    if row is None:
        raise LeaseLost
    return row


def _to_attempt(row: DeliveryRow, outcome: Outcome) -> AttemptRow:
    return AttemptRow(
        delivery_id=row.id,
        number=row.attempts,
        status=outcome.status,
        error=outcome.error,
        answer=outcome.answer,
        latency_s=outcome.latency_s,
    )


def due_deliveries(session: Session) -> bool:
    return session.scalar(select(DeliveryRow.id).where(is_due()).limit(1)) is not None


def cancel_deliveries_of(session: Session, job_id: UUID) -> None:
    """What was not told of an erased job is never told."""
    of_job = select(EventRow.id).where(EventRow.job_id == job_id)
    rows = session.scalars(
        select(DeliveryRow).where(DeliveryRow.event_id.in_(of_job), DeliveryRow.state.in_(("ready", "leased", "dead")))
    )
    for row in rows:
        row.state, row.leased_until, row.finished_at = "canceled", None, func.now()
