"""Tenants."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.db.ids import new_id
from shared.db.tables import WorkspaceRow
from shared.domain.ids import WorkspaceId
from shared.domain.workspace import Workspace


def ensure_workspace(session: Session, name: str) -> WorkspaceId:
    """The workspace of that name, made if there is none; two callers at once get the same."""
    session.execute(insert(WorkspaceRow).values(id=new_id(), name=name).on_conflict_do_nothing())
    return WorkspaceId(session.scalars(select(WorkspaceRow.id).where(WorkspaceRow.name == name)).one())


def list_workspaces(session: Session) -> list[Workspace]:
    rows = session.scalars(select(WorkspaceRow).order_by(WorkspaceRow.name))
    return [
        Workspace(
            id=WorkspaceId(row.id),
            name=row.name,
            max_running_segments=row.max_running_segments,
            created_at=row.created_at,
        )
        for row in rows
    ]


def limit_workspace(session: Session, name: str, max_running_segments: int | None) -> bool:
    """How many of its segments may be worked on at once; None: as many as there are analysers. False: unknown."""
    named = update(WorkspaceRow).where(WorkspaceRow.name == name)
    done = session.execute(named.values(max_running_segments=max_running_segments).returning(WorkspaceRow.id))
    return done.first() is not None
