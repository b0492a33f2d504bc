"""Server-sent events of a list of jobs: what a page that shows the list needs to stay true."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool

from api.context import Context
from api.deps import Ctx, Reader
from api.events import EVENT, HEADERS, QUIET_S, RECONNECT_MS, STREAM_S
from api.listing import FILTERS, METADATA, refuse_unknown, wanted_jobs
from api.schemas.job import JOB_EXAMPLE, JobOut
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from shared.db.engine import transaction
from shared.db.listing import JobFilter, list_jobs
from shared.domain.access import Principal
from shared.domain.clock import monotonic_s
from shared.domain.errors import Unavailable
from shared.domain.ids import JobId, to_wire
from shared.domain.job import Job
from shared.domain.links import Links

router = APIRouter(prefix="/v1/events", tags=["jobs"])

MAX_FOLLOWED = 100
BUSY_S = 0.5  # between two looks while something goes on
IDLE_S = 2.0  # and while nothing does: only a new job can change the list
LISTED: dict[str, Any] = {
    **EVENT,
    "required": ["event", "data"],
    "properties": {**EVENT["properties"], "event": {"enum": ["job", "listed", "gone"]}},
}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`job` events, each with a job as its data; `listed` once all that were there have been told; "
        "`gone` with the id of one that left the list.",
        "content": {
            "text/event-stream": {
                "schema": LISTED,
                "example": "event: job\nid: 7-1200\ndata: " + json.dumps(JOB_EXAMPLE) + "\n\n",
            }
        },
    }
}


@router.get(
    "",
    response_class=Response,
    responses={**STREAM, **problems(403, 422)},
    openapi_extra={"parameters": [METADATA]},
)
async def follow_all(
    request: Request,
    context: Ctx,
    principal: Reader,
    links: LinksDep,
    wanted: Annotated[JobFilter, Depends(wanted_jobs)],
    limit: Annotated[int, Query(ge=1, le=MAX_FOLLOWED, description="how many of the newest")] = 20,
    seconds: Annotated[
        int, Query(ge=0, le=STREAM_S, description="after which the stream ends; 0: one look")
    ] = STREAM_S,
) -> Response:
    """Follow the newest jobs that match: each of them at first, oldest first, then whatever changes.

    The filters are those of the list. A stream that was cut begins anew, so that nothing is missed.
    """
    refuse_unknown(request, FILTERS | {"limit", "seconds"})
    jobs = _Newest(context, principal, wanted, limit)
    return StreamingResponse(_events(jobs, links, seconds), media_type="text/event-stream", headers=HEADERS)


class _Newest:
    """The jobs that one reader follows."""

    def __init__(self, context: Context, principal: Principal, wanted: JobFilter, limit: int) -> None:
        self._context = context
        self._workspace_id = principal.workspace_id
        self._wanted = wanted
        self._limit = limit

    async def look(self) -> list[Job] | None:
        """As they are now, oldest first; None while the database does not answer."""
        return await run_in_threadpool(self._look)

    def _look(self) -> list[Job] | None:
        try:
            with transaction(self._context.sessions) as session:
                return list_jobs(session, self._workspace_id, self._wanted, limit=self._limit)[::-1]
        except Unavailable:
            return None


async def _events(newest: _Newest, links: Links, seconds: int) -> AsyncIterator[bytes]:
    until_s = monotonic_s() + seconds
    told_s = monotonic_s()
    seen: dict[JobId, str] = {}
    listed = False
    yield format_sse_event(retry=RECONNECT_MS, comment="follows")
    while True:
        jobs = await newest.look()
        for event in [] if jobs is None else _changes(jobs, seen, links):
            told_s = monotonic_s()
            yield event
        if jobs is not None and not listed:
            listed = True
            yield format_sse_event(event="listed", data_str=json.dumps({"count": len(jobs)}))
        if monotonic_s() - told_s > QUIET_S:
            told_s = monotonic_s()
            yield format_sse_event(comment="still there")
        if monotonic_s() >= until_s:
            return
        await asyncio.sleep(IDLE_S if all(job.is_over for job in jobs or ()) else BUSY_S)


def _changes(jobs: list[Job], seen: dict[JobId, str], links: Links) -> list[bytes]:
    """What differs from what was seen, which is brought up to date."""
    now = {job.id: job.tag for job in jobs}
    gone = [_gone(job_id) for job_id in seen.keys() - now.keys()]
    changed = [_told(job, links) for job in jobs if seen.get(job.id) != job.tag]
    seen.clear()
    seen.update(now)
    return gone + changed


def _told(job: Job, links: Links) -> bytes:
    return format_sse_event(event="job", id=job.tag, data_str=JobOut.of(job, links).model_dump_json())


def _gone(job_id: JobId) -> bytes:
    return format_sse_event(event="gone", data_str=json.dumps({"id": to_wire("job", job_id)}))
