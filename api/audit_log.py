"""The audit log, for operators: in pages, or whole as NDJSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from api.audit import note
from api.context import Context
from api.cursors import page_of
from api.deps import Ctx, Db, Operator
from api.params import Cursor, Time
from api.schemas.admin import AuditEntryOut, AuditPage
from api.schemas.problem import problems
from api.submit import id_in_field
from shared.db.audit import AuditFilter, list_entries
from shared.db.engine import transaction
from shared.domain.audit import AuditAction
from shared.domain.ids import AuditId, audit_id_of, workspace_id_of

router = APIRouter(prefix="/v1/admin/audit", tags=["admin"])

MAX_PAGE = 1000
CONTENT: dict[str, Any] = {
    "application/x-ndjson": {"schema": {"type": "string", "description": "one entry per line, as in `items`"}}
}


def _wanted(
    workspace_id: Annotated[str | None, Query(description="of this workspace alone")] = None,
    action: AuditAction | None = None,
    target: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="an id")] = None,
    after: Time = None,
    before: Time = None,
) -> AuditFilter:
    workspace = id_in_field(workspace_id_of, workspace_id, "workspace_id") if workspace_id else None
    return AuditFilter(workspace_id=workspace, action=action, target=target, after=after, before=before)


@router.get("", response_model=AuditPage, responses={200: {"content": CONTENT}, **problems(403, 422)})
def show_audit(
    request: Request,
    context: Ctx,
    session: Db,
    operator: Operator,
    wanted: Annotated[AuditFilter, Depends(_wanted)],
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    cursor: Cursor = None,
    format: Annotated[Literal["json", "ndjson"], Query(description="ndjson: all of it, in one stream")] = "json",
) -> Response:
    """Who did what to which id, newest first. Reading it is written down too."""
    before = id_in_field(audit_id_of, cursor, "cursor") if cursor else None
    if format == "ndjson":
        note(session, request, operator, "audit.read", "audit")
        return StreamingResponse(_lines(context, wanted, before), media_type="application/x-ndjson")
    found = list_entries(session, wanted, limit=limit + 1, before=before)
    note(session, request, operator, "audit.read", "audit")
    entries, more = page_of(found, limit, "aud")
    page = AuditPage(items=[AuditEntryOut.of(entry) for entry in entries], next_cursor=more)
    return Response(page.model_dump_json(), media_type="application/json")


def _lines(context: Context, wanted: AuditFilter, before: AuditId | None) -> Iterator[str]:
    """Page by page, so that a log of any length takes little memory and no long transaction."""
    while True:
        with transaction(context.sessions) as session:
            found = list_entries(session, wanted, limit=MAX_PAGE, before=before)
        if not found:
            return
        yield "".join(AuditEntryOut.of(entry).model_dump_json() + "\n" for entry in found)
        before = found[-1].id
