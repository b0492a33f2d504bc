"""The audit log: entries are written in the transaction of what they tell of, and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from shared.db.ids import new_id
from shared.db.tables import AuditEntryRow
from shared.domain.audit import AuditAction, AuditEntry, Deed
from shared.domain.ids import AuditId, WorkspaceId


def write_down(session: Session, deed: Deed) -> None:
    session.add(
        AuditEntryRow(
            id=new_id(),
            workspace_id=deed.workspace_id,
            actor=deed.actor,
            action=deed.action,
            target=deed.target,
            request_id=deed.request_id,
        )
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFilter:
    workspace_id: WorkspaceId | None = None
    action: AuditAction | None = None
    target: str | None = None
    after: datetime | None = None
    before: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        row = AuditEntryRow
        same = {row.workspace_id: self.workspace_id, row.action: self.action, row.target: self.target}
        found = [column == value for column, value in same.items() if value is not None]
        found += [row.created_at >= self.after] if self.after else []
        return found + ([row.created_at < self.before] if self.before else [])


def list_entries(session: Session, wanted: AuditFilter, *, limit: int, before: AuditId | None) -> list[AuditEntry]:
    """Newest first, of all workspaces unless one is named."""
    query = select(AuditEntryRow).where(*wanted.conditions())
    if before is not None:
        query = query.where(AuditEntryRow.id < before)
    return [_to_entry(row) for row in session.scalars(query.order_by(AuditEntryRow.id.desc()).limit(limit))]


def _to_entry(row: AuditEntryRow) -> AuditEntry:
    deed = Deed(
        workspace_id=WorkspaceId(row.workspace_id),
        actor=row.actor,
        action=row.action,  # type: ignore[arg-type]
        target=row.target,
        request_id=row.request_id,
    )
    return AuditEntry(id=AuditId(row.id), deed=deed, created_at=row.created_at)
