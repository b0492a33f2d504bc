"""Tenants, and who acts for them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.tables.base import Base

SEES_AND_SUBMITS = "{jobs:read,jobs:write}"  # what a session may do where nothing else is said


class WorkspaceRow(Base):
    __tablename__ = "workspace"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    max_running_segments: Mapped[int | None]
    max_open_jobs: Mapped[int | None]
    max_jobs_per_day: Mapped[int | None]
    max_stored_bytes: Mapped[int | None] = mapped_column(BigInteger)
    requests_per_minute: Mapped[int | None]
    video_retention_days: Mapped[float | None]
    result_retention_days: Mapped[float | None]
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
    previous_sha256: Mapped[bytes | None]
    previous_until: Mapped[datetime | None]
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class LoginTokenRow(Base):
    """Good for one sign-in of a browser."""

    __tablename__ = "login_token"

    secret_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    scopes: Mapped[list[str]] = mapped_column(server_default=SEES_AND_SUBMITS)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SessionRow(Base):
    """A signed-in browser: by a link, or by a key and then only as long as that secret of the key is good."""

    __tablename__ = "session"

    secret_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    scopes: Mapped[list[str]] = mapped_column(server_default=SEES_AND_SUBMITS)
    key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_key.id"))
    key_sha256: Mapped[bytes | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class IdempotencyKeyRow(Base):
    """What the first request with a key made, for a day."""

    __tablename__ = "idempotency_key"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str]
    fingerprint: Mapped[bytes]
    made_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class AuditEntryRow(Base):
    """Who did what to which id: only ever added to, and without anything that a person said or is."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_workspace_id_id", "workspace_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    actor: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    request_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
