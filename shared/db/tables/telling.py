"""What others are told, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.tables.base import Base, one_of
from shared.domain.delivery import DELIVERY_STATES, ENDPOINT_STATES


class EventRow(Base):
    """What others are told of: one per job and type, however often it is delivered."""

    __tablename__ = "event"
    __table_args__ = (
        Index("uq_event_job_id_type", "job_id", "type", unique=True),
        Index("uq_event_batch_id_type", "batch_id", "type", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("job.id"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"))
    type: Mapped[str]
    data: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class EndpointRow(Base):
    """Where a workspace wants to be told."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (CheckConstraint(one_of("state", ENDPOINT_STATES), name="state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    url: Mapped[str]
    event_types: Mapped[list[str]]
    description: Mapped[str | None]
    secret: Mapped[str]
    previous_secret: Mapped[str | None]
    previous_secret_until: Mapped[datetime | None]
    state: Mapped[str]
    disabled_reason: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DeliveryRow(Base):
    """One event on its way to one address, under the same kind of lease as a step."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint(one_of("state", DELIVERY_STATES), name="state"),
        Index("ix_delivery_open", "not_before", postgresql_where=text("state IN ('ready', 'leased')")),
        Index("ix_delivery_workspace_id_id", "workspace_id", "id"),
        Index("uq_delivery_event_id_endpoint_id", "event_id", "endpoint_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    event_id: Mapped[UUID] = mapped_column(ForeignKey("event.id"))
    endpoint_id: Mapped[UUID | None] = mapped_column(ForeignKey("webhook_endpoint.id"))
    url: Mapped[str]
    target: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    losses: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    round_began: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    lease_token: Mapped[int] = mapped_column(BigInteger, server_default="0")
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    not_before: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


class AttemptRow(Base):
    """One try of a delivery, and what the receiver said."""

    __tablename__ = "attempt"

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    error: Mapped[str | None]
    answer: Mapped[str | None]
    latency_s: Mapped[float]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
