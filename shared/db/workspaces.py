"""Tenants."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.db.ids import new_id
from shared.db.tables import WorkspaceRow
from shared.domain.ids import WorkspaceId


def ensure_workspace(session: Session, name: str) -> WorkspaceId:
    """The workspace of that name, made if there is none; two callers at once get the same."""
    session.execute(insert(WorkspaceRow).values(id=new_id(), name=name).on_conflict_do_nothing())
    return WorkspaceId(session.scalars(select(WorkspaceRow.id).where(WorkspaceRow.name == name)).one())
