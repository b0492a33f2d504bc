"""Jobs: submit, follow, list, cancel, retry, erase."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from api.context import Context
from api.deps import Ctx, Db, Reader, Writer
from api.idempotency import HEADER
from api.schemas.job import ErasureOut, JobFields, JobOut, JobPage
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from api.submit import id_in_field, reload_job, submit_again, submit_form, submit_json
from shared.db.engine import transaction
from shared.db.erasure import erase_job
from shared.db.jobs import JobFilter, cancel_job, get_job, list_jobs
from shared.domain.errors import InvalidRequest
from shared.domain.ids import JobId, WorkspaceId, job_id_of, to_wire, video_id_of
from shared.domain.job import Job, JobState
from shared.storage.port import erase_files

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

MAX_WAIT_S = 60
MAX_PAGE = 200
NO_NUL = r"^[^\x00]*$"  # Postgres stores no NUL

Prefer = Annotated[str | None, Header(description="`wait=30`: answer when the job is over, or after 30 seconds")]

Idempotency = Annotated[
    str | None,
    Header(alias=HEADER, description="the same key with the same content gives the same job, for a day"),
]


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


@router.get("/{job_id}", responses=problems(403, 404))
async def show_job(job_id: str, context: Ctx, principal: Reader, links: LinksDep, prefer: Prefer = None) -> JobOut:
    """State and progress."""
    job = await run_in_threadpool(reload_job, context, principal.workspace_id, job_id_of(job_id))
    return JobOut.of(await wait_as_preferred(context, job, prefer), links)


@router.get("", responses=problems(403, 422))
def list_all(
    session: Db,
    principal: Reader,
    links: LinksDep,
    state: JobState | None = None,
    reference: Annotated[str | None, Query(max_length=200, pattern=NO_NUL)] = None,
    video_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
) -> JobPage:
    """Jobs of the workspace, newest first; pages stay stable while new jobs come in."""
    video = id_in_field(video_id_of, video_id, "video_id") if video_id else None
    before = id_in_field(job_id_of, cursor, "cursor") if cursor else None
    wanted = JobFilter(state=state, reference=reference, video_id=video)
    jobs = list_jobs(session, principal.workspace_id, wanted, limit=limit + 1, before=before)
    page = jobs[:limit]
    more = to_wire("job", page[-1].id) if len(jobs) > limit else None
    return JobPage(items=[JobOut.of(job, links) for job in page], next_cursor=more)


@router.post("/{job_id}/cancel", responses=problems(403, 404, 409))
def cancel(job_id: str, session: Db, principal: Writer, links: LinksDep) -> JobOut:
    """Stop a job; accepted until its result is there."""
    wanted = job_id_of(job_id)
    cancel_job(session, principal.workspace_id, wanted)
    session.flush()
    return JobOut.of(get_job(session, principal.workspace_id, wanted), links)


@router.delete("/{job_id}", responses=problems(403, 404))
def erase(job_id: str, context: Ctx, principal: Writer) -> ErasureOut:
    """Erase a job and all that came of it, and its recording unless another job has it. Only id and times remain."""
    with transaction(context.sessions) as session:
        erasure = erase_job(session, principal.workspace_id, job_id_of(job_id))
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
