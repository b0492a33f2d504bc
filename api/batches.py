"""Batches: several recordings in one submission, one status, one event at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api.context import Context
from api.cursors import page_of
from api.deps import Ctx, Db, Reader, Writer
from api.idempotency import Idempotency, key_to, make_once, read_key
from api.params import Cursor
from api.requests import origin_of
from api.schemas.batch import BatchIn, BatchOut, BatchPage
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from api.submit import check_address, checked_named, hint_at, id_in_field, insert_named, read_json, validated
from shared.db import batches
from shared.db.endpoints import workspace_secret
from shared.db.engine import transaction
from shared.db.jobs import cancel_job
from shared.domain.batch import Batch
from shared.domain.errors import MienError, RequestError, StateConflict
from shared.domain.ids import BatchId, WorkspaceId, batch_id_of
from shared.domain.job import JobRequest
from shared.webhooks.signing import new_secret

router = APIRouter(prefix="/v1/batches", tags=["batches"])

MAX_PAGE = 100
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/BatchIn"},
            "example": {
                "jobs": [
                    {"video_id": "vid_0193f2c4a1b27c8d9e0f1a2b3c4d5e6f", "reference": "candidate-17"},
                    {"video_url": "https://recordings.example/interview.mp4", "reference": "candidate-18"},
                ]
            },
        }
    },
}


@router.post(
    "",
    status_code=202,
    response_model=BatchOut,
    responses=problems(403, 404, 409, 410, 413, 422),
    openapi_extra={"requestBody": BODY},
)
async def submit_batch(
    request: Request, context: Ctx, principal: Writer, links: LinksDep, _: Idempotency = None
) -> JSONResponse:
    """Analyse several recordings that are stored, uploaded or fetched: all are accepted, or none is."""
    body = validated(BatchIn, await read_json(request))
    wanted = await run_in_threadpool(_checked, context, body)
    batch = await run_in_threadpool(_accept, request, context, principal.workspace_id, body, wanted)
    out = BatchOut.of(batch, links)
    return JSONResponse(out.model_dump(mode="json"), 202, headers={"Location": out.links.self})


@router.get("", responses=problems(403, 422))
def list_all(
    session: Db,
    principal: Reader,
    links: LinksDep,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    cursor: Cursor = None,
) -> BatchPage:
    """Batches of the workspace, newest first."""
    before = id_in_field(batch_id_of, cursor, "cursor") if cursor else None
    found = batches.list_batches(session, principal.workspace_id, limit=limit + 1, before=before)
    page, more = page_of(found, limit, "bat")
    return BatchPage(items=[BatchOut.of(batch, links) for batch in page], next_cursor=more)


@router.get("/{batch_id}", responses=problems(403, 404))
def show(batch_id: str, session: Db, principal: Reader, links: LinksDep) -> BatchOut:
    """How many of its jobs are in which state, and how far they are together."""
    return BatchOut.of(batches.get_batch(session, principal.workspace_id, batch_id_of(batch_id)), links)


@router.post("/{batch_id}/cancel", responses=problems(403, 404, 409, 422))
def cancel(
    batch_id: str, request: Request, context: Ctx, principal: Writer, links: LinksDep, _: Idempotency = None
) -> BatchOut:
    """Stop all jobs that are not over. Doing it again changes nothing."""
    wanted, workspace_id = batch_id_of(batch_id), principal.workspace_id
    keyed = key_to(read_key(request), "cancel batch", {"batch": batch_id})
    with transaction(context.sessions) as session:
        found = batches.open_jobs_of(session, workspace_id, wanted)
        make_once(session, workspace_id, keyed, lambda _: wanted)
    for job_id in found:
        with transaction(context.sessions) as session:
            try:
                cancel_job(session, workspace_id, job_id)
            except StateConflict:
                continue  # it ended meanwhile
    with transaction(context.sessions) as session:
        return BatchOut.of(batches.get_batch(session, workspace_id, wanted), links)


def _checked(context: Context, body: BatchIn) -> list[JobRequest]:
    if body.webhook_url is not None:
        check_address(context, body.webhook_url, "webhook_url")
    wanted = []
    for number, job in enumerate(body.jobs):
        with _naming(number):
            wanted.append(checked_named(context, job))
    return wanted


def _accept(
    request: Request, context: Context, workspace_id: WorkspaceId, body: BatchIn, wanted: list[JobRequest]
) -> Batch:
    keyed = key_to(read_key(request), "batch", body.model_dump(mode="json"))
    origin = origin_of(request)

    def insert(session: Session) -> BatchId:
        if body.webhook_url is not None:
            workspace_secret(session, workspace_id, new_secret())
        batch_id = batches.insert_batch(session, workspace_id, len(wanted), body.webhook_url)
        for number, (job, asked) in enumerate(zip(body.jobs, wanted, strict=True)):
            with _naming(number):
                insert_named(session, context, workspace_id, job, asked, origin, batch_id)
        return batch_id

    with transaction(context.sessions) as session:
        batch_id, is_new = make_once(session, workspace_id, keyed, insert)
        batch = batches.get_batch(session, workspace_id, BatchId(batch_id))
    if is_new:
        for asked in {asked.options.device: asked for asked in wanted}.values():
            hint_at(context, asked)
    return batch


@contextmanager
def _naming(number: int) -> Iterator[None]:
    """Say which job of the batch is wrong."""
    try:
        yield
    except RequestError as error:
        error.field = f"jobs.{number}.{error.field}" if error.field else f"jobs.{number}"
        raise
    except MienError as error:
        error.detail = f"jobs.{number}: {error.detail}"
        raise
