"""Tenants."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.db.ids import new_id
from shared.db.tables import WorkspaceRow
from shared.domain.errors import NotFound
from shared.domain.ids import WorkspaceId
from shared.domain.workspace import Workspace, WorkspaceLimits

LIMITS: tuple[str, ...] = tuple(field.name for field in fields(WorkspaceLimits))


def ensure_workspace(session: Session, name: str) -> WorkspaceId:
    """The workspace of that name, made if there is none; two callers at once get the same."""
    session.execute(insert(WorkspaceRow).values(id=new_id(), name=name).on_conflict_do_nothing())
    return WorkspaceId(session.scalars(select(WorkspaceRow.id).where(WorkspaceRow.name == name)).one())


def get_workspace(session: Session, workspace_id: WorkspaceId) -> Workspace:
    """Raises NotFound."""
    row = session.get(WorkspaceRow, workspace_id, populate_existing=True)
    if row is None:
        raise NotFound("there is no such workspace")
    return _to_workspace(row)


def find_workspace(session: Session, name: str) -> Workspace:
    """Raises NotFound."""
    row = session.scalar(select(WorkspaceRow).where(WorkspaceRow.name == name))
    if row is None:
        raise NotFound(f"there is no workspace called {name}")
    return _to_workspace(row)


def list_workspaces(session: Session) -> list[Workspace]:
    return [_to_workspace(row) for row in session.scalars(select(WorkspaceRow).order_by(WorkspaceRow.name))]


def limit_workspace(session: Session, workspace_id: WorkspaceId, **limits: Any) -> None:
    """Set the limits that are named, each a field of WorkspaceLimits; None takes one away."""
    assert set(limits) <= set(LIMITS)
    if limits:
        session.execute(update(WorkspaceRow).where(WorkspaceRow.id == workspace_id).values(**limits))


def _to_workspace(row: WorkspaceRow) -> Workspace:
    limits = WorkspaceLimits(**{name: getattr(row, name) for name in LIMITS})
    return Workspace(id=WorkspaceId(row.id), name=row.name, limits=limits, created_at=row.created_at)
