"""The tables, as typed mappings. Rows stay inside `shared.db`; what leaves it are domain values.

Every tenant row carries its workspace, and every query names it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.domain.delivery import DELIVERY_STATES, ENDPOINT_STATES
from shared.domain.job import JOB_STATES
from shared.domain.step import STEP_KINDS, STEP_STATES
from shared.domain.video import VIDEO_STATES


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(none_as_null=True),
        dict[str, str]: JSONB,
        list[str]: ARRAY(Text),
    }


class WorkspaceRow(Base):
    __tablename__ = "workspace"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    max_running_segments: Mapped[int | None]
    webhook_secret: Mapped[str | None]
    previous_webhook_secret: Mapped[str | None]
    previous_webhook_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ApiKeyRow(Base):
    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    name: Mapped[str]
    secret_sha256: Mapped[bytes]
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class LoginTokenRow(Base):
    """Good for one sign-in of a browser."""

    __tablename__ = "login_token"

    secret_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SessionRow(Base):
    """A signed-in browser."""

    __tablename__ = "session"

    secret_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class VideoRow(Base):
    __tablename__ = "video"
    __table_args__ = (CheckConstraint(_one_of("state", VIDEO_STATES), name="state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    storage_key: Mapped[str] = mapped_column(unique=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    modified_ns: Mapped[int] = mapped_column(BigInteger)
    original_name: Mapped[str]
    state: Mapped[str]
    source_url: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None] = mapped_column(index=True)


class JobRow(Base):
    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(_one_of("state", JOB_STATES), name="state"),
        Index("ix_job_workspace_id_id", "workspace_id", "id"),
        Index("ix_job_unfinished", "state", postgresql_where=text("finished_at IS NULL")),
        Index("ix_job_unpurged", "erased_at", postgresql_where=text("erased_at IS NOT NULL AND purged_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    video_id: Mapped[UUID] = mapped_column(ForeignKey("video.id"), index=True)
    options: Mapped[dict[str, Any]]
    purpose: Mapped[str]
    consent_reference: Mapped[str | None]
    reference: Mapped[str | None]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    priority: Mapped[int] = mapped_column(SmallInteger)
    webhook_url: Mapped[str | None]
    retry_of: Mapped[UUID | None]
    request_id: Mapped[str | None]
    traceparent: Mapped[str | None]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    samples_total: Mapped[int | None]
    plan: Mapped[dict[str, Any] | None]
    engine: Mapped[str | None]
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    purged_at: Mapped[datetime | None]


class StepRow(Base):
    __tablename__ = "step"
    __table_args__ = (
        CheckConstraint(_one_of("kind", STEP_KINDS), name="kind"),
        CheckConstraint(_one_of("state", STEP_STATES), name="state"),
        Index("ix_step_open", "state", "priority", postgresql_where=text("state IN ('ready', 'leased')")),
    )

    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    device: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str]
    planned: Mapped[dict[str, Any] | None]
    media_s: Mapped[float] = mapped_column(server_default="0")
    samples_done: Mapped[int] = mapped_column(server_default="0")
    lease_token: Mapped[int] = mapped_column(BigInteger, server_default="0")
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    hard_deadline: Mapped[datetime | None]
    not_before: Mapped[datetime] = mapped_column(server_default=func.now())
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    losses: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SegmentResultRow(Base):
    """One row per segment, never a row per frame."""

    __tablename__ = "segment_result"
    __table_args__ = (ForeignKeyConstraint(["job_id"], ["job.id"]),)

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[int] = mapped_column(BigInteger)
    samples: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ResultRow(Base):
    __tablename__ = "result"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), primary_key=True)
    summary: Mapped[dict[str, Any]]
    track_mapping: Mapped[dict[str, Any]]
    primary_track: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class EventRow(Base):
    """What others are told of: one per job and type, however often it is delivered."""

    __tablename__ = "event"
    __table_args__ = (Index("uq_event_job_id_type", "job_id", "type", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("job.id"))
    type: Mapped[str]
    data: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class EndpointRow(Base):
    """Where a workspace wants to be told."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (CheckConstraint(_one_of("state", ENDPOINT_STATES), name="state"),)

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
        CheckConstraint(_one_of("state", DELIVERY_STATES), name="state"),
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


class IdempotencyKeyRow(Base):
    """What the first request with a key made, for a day."""

    __tablename__ = "idempotency_key"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str]
    fingerprint: Mapped[bytes]
    made_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
