"""For operators: workspaces and their limits, keys, workers, the queue. Needs a key with the scope `admin`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from sqlalchemy.orm import Session

from api.audit import note
from api.deps import Ctx, Db, Operator
from api.idempotency import Idempotency, key_to, make_once, read_key
from api.schemas.admin import (
    KeyIn,
    KeyList,
    KeyOut,
    KeyWithSecret,
    LimitsIn,
    RotateIn,
    WorkerList,
    WorkerOut,
    WorkspaceIn,
    WorkspaceList,
    WorkspaceOut,
)
from api.schemas.operation import QueueOut, RetentionOut
from api.schemas.problem import problems
from api.submit import id_in_field
from shared.db import keys, workspaces
from shared.db.figures import read_figures
from shared.db.workers import list_workers
from shared.domain.access import SCOPES, parse_key
from shared.domain.errors import NotFound
from shared.domain.ids import KeyId, WorkspaceId, key_id_of, to_wire, workspace_id_of

router = APIRouter(prefix="/v1/admin", tags=["admin"])


@router.get("/workspaces", responses=problems(403))
def list_workspaces(session: Db, _: Operator) -> WorkspaceList:
    """All workspaces, by name, with their limits."""
    return WorkspaceList(items=[WorkspaceOut.of(found) for found in workspaces.list_workspaces(session)])


@router.post(
    "/workspaces",
    status_code=201,
    responses={200: {"model": WorkspaceOut, "description": "There was one of that name."}, **problems(403, 409, 422)},
)
def create_workspace(
    body: WorkspaceIn, request: Request, session: Db, operator: Operator, response: Response, _: Idempotency = None
) -> WorkspaceOut:
    """Make a workspace; one of that name that exists already is the answer, with 200."""
    existing = {found.name for found in workspaces.list_workspaces(session)}
    response.status_code = 200 if body.name in existing else 201

    def make(session: Session) -> WorkspaceId:
        workspace_id = workspaces.ensure_workspace(session, body.name)
        if body.name not in existing:
            target = to_wire("wsp", workspace_id)
            note(session, request, operator, "workspace.created", target, workspace_id=workspace_id)
        return workspace_id

    keyed = key_to(read_key(request), "workspace", body.model_dump())
    made_id, _new = make_once(session, operator.workspace_id, keyed, make)
    return WorkspaceOut.of(workspaces.get_workspace(session, WorkspaceId(made_id)))


@router.get("/workspaces/{workspace_id}", responses=problems(403, 404))
def show_workspace(workspace_id: str, session: Db, _: Operator) -> WorkspaceOut:
    """One workspace, with its limits."""
    return WorkspaceOut.of(workspaces.get_workspace(session, workspace_id_of(workspace_id)))


@router.patch("/workspaces/{workspace_id}", responses=problems(403, 404, 422))
def limit_workspace(
    workspace_id: str, body: LimitsIn, request: Request, session: Db, operator: Operator
) -> WorkspaceOut:
    """Set limits and retention; what is not named stays, and null takes a limit away."""
    wanted = workspace_id_of(workspace_id)
    workspaces.get_workspace(session, wanted)
    workspaces.limit_workspace(session, wanted, **body.model_dump(exclude_unset=True))
    note(session, request, operator, "workspace.changed", workspace_id, workspace_id=wanted)
    return WorkspaceOut.of(workspaces.get_workspace(session, wanted))


@router.get("/keys", responses=problems(403, 422))
def list_keys(
    session: Db, _: Operator, workspace_id: Annotated[str | None, Query(description="of this workspace alone")] = None
) -> KeyList:
    """All keys, oldest first, without their secrets."""
    wanted = id_in_field(workspace_id_of, workspace_id, "workspace_id") if workspace_id else None
    return KeyList(items=[KeyOut.of(key) for key in keys.list_keys(session, wanted)])


@router.post("/keys", status_code=201, responses=problems(403, 404, 409, 422))
def create_key(body: KeyIn, request: Request, session: Db, operator: Operator, _: Idempotency = None) -> KeyWithSecret:
    """Make a key for a workspace. Its text is shown now and not again."""
    wanted = id_in_field(workspace_id_of, body.workspace_id, "workspace_id")
    workspaces.get_workspace(session, wanted)
    texts: list[str] = []

    def make(session: Session) -> KeyId:
        scopes = tuple(scope for scope in SCOPES if scope in body.scopes)
        texts.append(keys.create_key(session, wanted, body.name, scopes, body.expires_at))
        key_id = _id_in(texts[0])
        note(session, request, operator, "key.created", to_wire("key", key_id), workspace_id=wanted)
        return key_id

    keyed = key_to(read_key(request), "key", body.model_dump(mode="json"))
    key_id, _new = make_once(session, operator.workspace_id, keyed, make)
    return KeyWithSecret.with_text(keys.get_key(session, KeyId(key_id)), texts[0] if texts else None)


@router.post("/keys/{key_id}/rotate", responses=problems(403, 404, 409, 422))
def rotate_key(
    key_id: str,
    request: Request,
    session: Db,
    operator: Operator,
    body: Annotated[RotateIn | None, Body(examples=[{"overlap_s": 3600}])] = None,
    _: Idempotency = None,
) -> KeyWithSecret:
    """A new secret under the same id; the old one is good for a day more, or for as long as is asked for."""
    wanted, asked = key_id_of(key_id), body or RotateIn()
    texts: list[str] = []

    def make(session: Session) -> KeyId:
        texts.append(keys.rotate_key(session, wanted, asked.overlap_s))
        note(session, request, operator, "key.rotated", key_id, workspace_id=_workspace_of(session, wanted))
        return wanted

    keyed = key_to(read_key(request), "rotate key", {"key": key_id, **asked.model_dump()})
    make_once(session, operator.workspace_id, keyed, make)
    return KeyWithSecret.with_text(keys.get_key(session, wanted), texts[0] if texts else None)


@router.delete("/keys/{key_id}", status_code=204, responses=problems(403, 404))
def revoke_key(key_id: str, request: Request, session: Db, operator: Operator) -> None:
    """Refuse the key from now on. 404 when there is none, or it was revoked before."""
    wanted = key_id_of(key_id)
    if not keys.revoke_key(session, wanted):
        raise NotFound("there is no such key, or it was revoked before")
    note(session, request, operator, "key.revoked", key_id, workspace_id=_workspace_of(session, wanted))


@router.get("/workers", responses=problems(403))
def show_workers(session: Db, _: Operator) -> WorkerList:
    """Workers that were seen within a day, and how many steps each works on."""
    return WorkerList(items=[WorkerOut.of(worker) for worker in list_workers(session)])


@router.get("/queue", responses=problems(403))
def show_queue(session: Db, _: Operator) -> QueueOut:
    """What waits, for how long, and what is late."""
    return QueueOut.of(read_figures(session))


@router.get("/retention", responses=problems(403))
def show_retention(context: Ctx, _: Operator) -> RetentionOut:
    """How long recordings and results are kept where a workspace says nothing else."""
    settings = context.settings
    return RetentionOut(
        video_retention_days=settings.video_retention_days, result_retention_days=settings.result_retention_days
    )


def _id_in(key: str) -> KeyId:
    parsed = parse_key(key)
    assert parsed is not None
    return parsed[0]


def _workspace_of(session: Session, key_id: KeyId) -> WorkspaceId:
    return keys.get_key(session, key_id).workspace_id
