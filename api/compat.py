"""The prototype's call: send a file, wait, get the log of what cost points."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from api.context import Context
from api.deps import SESSION_COOKIE, Ctx, authenticate, bearer_token, refuse_foreign_page
from api.idempotency import Idempotency
from api.jobs import wait_for_end
from api.schemas.job import JobOut
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from api.submit import submit_form
from api.videos import FILE_FORM
from shared.db.engine import transaction
from shared.db.results import get_result
from shared.db.workspaces import ensure_workspace
from shared.domain.codes import error_of
from shared.domain.ids import WorkspaceId
from shared.domain.job import Job

router = APIRouter(tags=["prototype"])


RESULTS_EXAMPLE: dict[str, Any] = {"total_score": 97, "minus_log": {"fear": ["2.50", "13.00"], "surprise": ["4.00"]}}


class FrameResults(BaseModel):
    total_score: int | None
    minus_log: dict[str, list[str]]


class PrototypeOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"frame_results": RESULTS_EXAMPLE}]})

    frame_results: FrameResults


BODY: dict[str, Any] = {"required": True, "content": {"multipart/form-data": {"schema": FILE_FORM}}}


@router.post(
    "/upload",
    response_model=PrototypeOut,
    responses={
        202: {"model": JobOut, "description": "Not ready in time: follow the job."},
        **problems(403, 409, 413, 422, 507),
    },
    openapi_extra={"requestBody": BODY},
)
async def upload(request: Request, context: Ctx, links: LinksDep, _: Idempotency = None) -> JSONResponse:
    """Analyse a recording and wait for it; 202 with the job when it takes longer than the wait limit."""
    workspace_id = await run_in_threadpool(_workspace, request, context)
    job = await submit_form(request, context, workspace_id)
    job = await wait_for_end(context, workspace_id, job.id, context.settings.upload_wait_s)
    if job.state == "succeeded":
        return JSONResponse(await run_in_threadpool(_frame_results, context, job))
    if job.error_code:
        raise error_of(job.error_code, job.error_detail or "")
    return JSONResponse(JobOut.of(job, links).model_dump(mode="json"), 202)


def _workspace(request: Request, context: Context) -> WorkspaceId:
    """That of the key or session; without one, the workspace that the operator set aside for this call."""
    named = context.settings.compat_workspace
    if not named or bearer_token(request) or SESSION_COOKIE in request.cookies:
        principal = authenticate(request, context)
        principal.require("jobs:write")
        return principal.workspace_id
    refuse_foreign_page(request)
    with transaction(context.sessions) as session:
        return ensure_workspace(session, named)


def _frame_results(context: Context, job: Job) -> dict[str, Any]:
    with transaction(context.sessions) as session:
        summary = get_result(session, job.workspace_id, job.id).summary
    return {"frame_results": {"total_score": summary["total_score"], "minus_log": summary["minus_log"]}}
