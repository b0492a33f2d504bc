"""Server-sent events of one job: its state and progress, as they change."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import Response, StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool

from api.context import Context
from api.deps import Ctx, Reader
from api.schemas.job import JOB_EXAMPLE, JobOut
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from api.submit import reload_job
from shared.domain.clock import monotonic_s
from shared.domain.ids import job_id_of
from shared.domain.job import Job
from shared.domain.links import Links

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

QUIET_S = 15.0  # after which a comment keeps proxies from taking the connection for dead
STREAM_S = 3600  # a stream ends after this and is resumed, so that a revoked key does not listen for ever
RECONNECT_MS = 2000
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # of a stream, which no proxy may hold back
EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["event", "id", "data"],
    "properties": {
        "event": {"enum": ["state", "progress"]},
        "id": {"type": "string", "description": "send it as `Last-Event-ID` to go on from there"},
        "data": {"type": "string", "contentMediaType": "application/json", "description": "the job"},
    },
}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`state` and `progress` events, each with the job as its data; ends after the last state.",
        "content": {
            "text/event-stream": {
                "schema": EVENT,
                "example": "event: state\nid: 7-1200\ndata: " + json.dumps(JOB_EXAMPLE) + "\n\n",
            }
        },
    },
    204: {"description": "The job is over and the last event said so: do not come again."},
}


@router.get("/{job_id}/events", response_class=Response, responses={**STREAM, **problems(403, 404)})
async def follow(
    job_id: str,
    context: Ctx,
    principal: Reader,
    links: LinksDep,
    last_event_id: Annotated[str | None, Header(description="the `id` of the last event that was seen")] = None,
) -> Response:
    """Follow a job: an event when its state changes, and at most every half second while it advances."""
    job = await run_in_threadpool(reload_job, context, principal.workspace_id, job_id_of(job_id))
    if job.is_over and job.tag == last_event_id:
        return Response(status_code=204)
    events = _events(context, job, links, last_event_id)
    return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)


async def _events(context: Context, job: Job, links: Links, seen: str | None) -> AsyncIterator[bytes]:
    until_s = monotonic_s() + STREAM_S
    yield format_sse_event(retry=RECONNECT_MS, comment="follows")
    state: str | None = None
    if job.tag != seen:
        yield _event(job, links, "state")
        seen, state = job.tag, job.state
    if job.is_over:
        return
    async for now in context.watcher.looks(job.id, QUIET_S):
        if now is None:
            yield format_sse_event(comment="still there")
        elif now.tag != seen:
            yield _event(now, links, "progress" if now.state == state else "state")
            seen, state = now.tag, now.state
        if (now is not None and now.is_over) or monotonic_s() > until_s:
            return


def _event(job: Job, links: Links, name: str) -> bytes:
    return format_sse_event(event=name, id=job.tag, data_str=JobOut.of(job, links).model_dump_json())
