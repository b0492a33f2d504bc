"""Jobs: submit, follow, cancel, retry, erase."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, Response
from pydantic import TypeAdapter
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api.audit import note
from api.context import Context
from api.deps import Ctx, Db, Writer, authenticate_in
from api.idempotency import Idempotency, key_to, make_once, read_key
from api.schemas.erasure import ErasureOut
from api.schemas.job import JobFields, JobOut
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from api.submit import reload_job, submit_again, submit_form, submit_json
from shared.db.engine import transaction
from shared.db.erasure import erase_job
from shared.db.jobs import cancel_job, get_job
from shared.domain.errors import InvalidRequest
from shared.domain.ids import JobId, WorkspaceId, job_id_of, to_wire
from shared.domain.job import Job
from shared.storage.port import erase_files

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

MAX_WAIT_S = 60

Prefer = Annotated[str | None, Header(description="`wait=30`: answer when the job is over, or after 30 seconds")]

IfNoneMatch = Annotated[str | None, Header(description="the `ETag` of an answer before: 304 when nothing changed")]


def _form_schema() -> dict[str, Any]:
    """The form's fields: those of the JSON body, with the file, and with JSON as text."""
    fields = TypeAdapter(JobFields).json_schema(ref_template="#/components/schemas/{model}")["properties"]
    text = {
        name: {"type": "string", "description": f"JSON, as in the JSON body: {name}"}
        for name in ("options", "metadata")
    }
    file = {"type": "string", "format": "binary", "description": "the recording"}
    return {"type": "object", "required": ["file"], "properties": {"file": file, **fields, **text}}


BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": _form_schema()},
        "application/json": {
            "schema": {"$ref": "#/components/schemas/JobIn"},
            "examples": {
                "stored": {"value": {"video_id": "vid_0193f2c4a1b27c8d9e0f1a2b3c4d5e6f", "reference": "candidate-17"}},
                "remote": {"value": {"video_url": "https://recordings.example/interview.mp4"}},
            },
        },
    },
}


@router.post(
    "",
    status_code=202,
    response_model=JobOut,
    responses=problems(403, 404, 409, 410, 413, 422, 507),
    openapi_extra={"requestBody": BODY},
)
async def submit_job(
    request: Request,
    context: Ctx,
    principal: Writer,
    links: LinksDep,
    prefer: Prefer = None,
    _: Idempotency = None,
) -> JSONResponse:
    """Analyse a recording: upload it as the part `file` of a form, or name a stored or a remote one in JSON."""
    job = await _how_to_submit(request)(request, context, principal.workspace_id)
    job = await wait_as_preferred(context, job, prefer)
    out = JobOut.of(job, links)
    return JSONResponse(out.model_dump(mode="json"), 202, headers={"Location": out.links.self})


@router.post("/{job_id}/retry", status_code=202, response_model=JobOut, responses=problems(403, 404, 409, 410, 422))
async def retry(
    job_id: str, request: Request, context: Ctx, principal: Writer, links: LinksDep, _: Idempotency = None
) -> JSONResponse:
    """Analyse the recording of a failed or canceled job again, as a new job with `retry_of`."""
    out = JobOut.of(await submit_again(request, context, principal.workspace_id, job_id_of(job_id)), links)
    return JSONResponse(out.model_dump(mode="json"), 202, headers={"Location": out.links.self})


@router.get(
    "/{job_id}",
    response_model=JobOut,
    responses={304: {"description": "Nothing changed since the answer with that `ETag`."}, **problems(403, 404, 422)},
)
async def show_job(
    job_id: str,
    request: Request,
    context: Ctx,
    links: LinksDep,
    prefer: Prefer = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """State and progress."""
    job = await run_in_threadpool(_look, request, context, job_id)
    job = await wait_as_preferred(context, job, prefer)
    headers = {"ETag": f'W/"{job.tag}"', "Cache-Control": "private, no-cache"}
    if if_none_match is not None and f'"{job.tag}"' in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(JobOut.of(job, links).model_dump_json(), media_type="application/json", headers=headers)


def _look(request: Request, context: Context, job_id: str) -> Job:
    """Who asks and what is asked for in one transaction: this is what clients do all day."""
    with transaction(context.sessions) as session:
        principal = authenticate_in(session, request, context)
        principal.require("jobs:read")
        return get_job(session, principal.workspace_id, job_id_of(job_id))


@router.post("/{job_id}/cancel", responses=problems(403, 404, 409, 422))
def cancel(
    job_id: str, request: Request, session: Db, principal: Writer, links: LinksDep, _: Idempotency = None
) -> JobOut:
    """Stop a job; accepted until its result is there."""
    wanted = job_id_of(job_id)

    def stop(session: Session) -> JobId:
        cancel_job(session, principal.workspace_id, wanted)
        session.flush()
        return wanted

    make_once(session, principal.workspace_id, key_to(read_key(request), "cancel", {"job": str(wanted)}), stop)
    return JobOut.of(get_job(session, principal.workspace_id, wanted), links)


@router.delete("/{job_id}", responses=problems(403, 404))
def erase(job_id: str, request: Request, context: Ctx, principal: Writer) -> ErasureOut:
    """Erase a job and all that came of it, and its recording unless another job has it. Only id and times remain."""
    with transaction(context.sessions) as session:
        erasure = erase_job(session, principal.workspace_id, job_id_of(job_id))
        note(session, request, principal, "job.erased", to_wire("job", erasure.job_id))
    erase_files(context.storage, erasure.job_id, erasure.video_id)  # the sweep looks again
    context.hints.hint("io")
    return ErasureOut.of(erasure)


def _how_to_submit(request: Request) -> Callable[[Request, Context, WorkspaceId], Awaitable[Job]]:
    """Raises InvalidRequest for a body that is neither a form nor JSON."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return submit_form
    if kind == "application/json":
        return submit_json
    detail = f"the body is {kind[:80]}; send a form or JSON, or store a raw recording with POST /v1/videos first"
    raise InvalidRequest(detail, field="content-type")


async def wait_as_preferred(context: Context, job: Job, prefer: str | None) -> Job:
    """Raises InvalidRequest when the header cannot be understood."""
    wait_s = _wait_s(prefer)
    return job if job.is_over or not wait_s else await wait_for_end(context, job.workspace_id, job.id, wait_s)


async def wait_for_end(context: Context, workspace_id: WorkspaceId, job_id: JobId, wait_s: float) -> Job:
    await context.watcher.wait_for_end(job_id, wait_s)
    return await run_in_threadpool(reload_job, context, workspace_id, job_id)


def _wait_s(prefer: str | None) -> int:
    found = re.search(r"\bwait\s*=\s*\"?(\d{1,6})\"?", prefer or "")
    if prefer and "wait" in prefer and not found:
        raise InvalidRequest("write the header as 'Prefer: wait=30', in seconds", field="prefer")
    return min(int(found[1]), MAX_WAIT_S) if found else 0
