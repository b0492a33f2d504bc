"""Writes into the audit log who did what, as the request tells it."""

from __future__ import annotations

from fastapi import Request
from sqlalchemy.orm import Session

from shared.db.audit import write_down
from shared.domain.access import Principal
from shared.domain.audit import AuditAction, Deed
from shared.domain.ids import WorkspaceId


def note(
    session: Session,
    request: Request,
    principal: Principal,
    action: AuditAction,
    target: str,
    *,
    workspace_id: WorkspaceId | None = None,
) -> None:
    """In the transaction of the deed, so that there is neither without the other.

    Args:
        workspace_id: Whose log it belongs to, when an operator acts on another workspace.
    """
    deed = Deed(
        workspace_id=workspace_id or principal.workspace_id,
        actor=principal.actor,
        action=action,
        target=target,
        request_id=request.scope["request_id"],
    )
    write_down(session, deed)
