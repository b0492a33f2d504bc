"""Tenants, and who acts for them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.tables.base import Base


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


class IdempotencyKeyRow(Base):
    """What the first request with a key made, for a day."""

    __tablename__ = "idempotency_key"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str]
    fingerprint: Mapped[bytes]
    made_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
