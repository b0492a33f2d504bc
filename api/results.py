"""What came out: the summary, the timeline, the pictures of the moments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from api.audit import note
from api.context import Context
from api.deps import Ctx, Db, Reader
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from api.schemas.result import ResultOut, TimelinePage
from shared.db.engine import transaction
from shared.db.jobs import get_job
from shared.db.results import Result, get_result, get_segment_samples, segment_of_sample
from shared.domain.errors import InvalidRequest, NotFound
from shared.domain.ids import job_id_of, to_wire
from shared.domain.samples import Sample
from shared.domain.timeline import CSV_COLUMNS, csv_rows, join_tracks, only_primary, sample_json
from shared.storage.port import moment_key

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["results"])

MAX_PAGE = 5000
LINES_PER_PIECE = 500
Format = Literal["json", "ndjson", "csv"]
MEDIA_TYPES: dict[str, Format] = {"application/x-ndjson": "ndjson", "text/csv": "csv", "application/json": "json"}
CSV_EXAMPLE = ",".join(CSV_COLUMNS) + "\n0.000000,0,0,1,412,96,180,180,0.01,0,0.02,0.9,0.01,0.01,0.05,happy\n"
TIMELINE_CONTENT: dict[str, Any] = {
    "application/json": {},
    "application/x-ndjson": {"schema": {"type": "string", "description": "one sample per line, as in `items`"}},
    "text/csv": {"schema": {"type": "string"}, "example": CSV_EXAMPLE},
}


@router.get("/result", responses=problems(403, 404, 409, 410))
def show_result(job_id: str, request: Request, session: Db, principal: Reader, links: LinksDep) -> ResultOut:
    """The summary: score, moments, coverage. 409 while the job goes on, or when it has no result."""
    wanted = job_id_of(job_id)
    result = get_result(session, principal.workspace_id, wanted)
    job = get_job(session, principal.workspace_id, wanted)
    note(session, request, principal, "result.read", to_wire("job", wanted))
    return ResultOut.of(result, links, pictures=job.request.options.thumbnails)


@router.get(
    "/timeline",
    response_model=TimelinePage,
    responses={200: {"content": TIMELINE_CONTENT}, **problems(403, 404, 409, 410, 422)},
)
def show_timeline(
    job_id: str,
    request: Request,
    context: Ctx,
    principal: Reader,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 1000,
    cursor: Annotated[int, Query(ge=0, le=2**31 - 1, description="number of the first sample")] = 0,
    format: Annotated[Format | None, Query(description="instead of the Accept header")] = None,
) -> Response:
    """Every sample with all faces: JSON pages, or the whole as NDJSON or CSV, by the Accept header."""
    wanted = job_id_of(job_id)
    with transaction(context.sessions) as session:
        result = get_result(session, principal.workspace_id, wanted)
        primary_only = get_job(session, principal.workspace_id, wanted).request.options.faces == "primary"
        note(session, request, principal, "timeline.read", to_wire("job", wanted))
    timeline = _Timeline(context, result, primary_only)
    match format or _accepted(request):
        case "csv":
            return StreamingResponse(_in_pieces(timeline.csv()), media_type="text/csv; charset=utf-8")
        case "ndjson":
            return StreamingResponse(_in_pieces(timeline.ndjson()), media_type="application/x-ndjson")
        case _:
            return JSONResponse(timeline.page(cursor, limit))


@router.get(
    "/moments/{number}.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, **problems(403, 404, 409, 410)},
)
def show_moment(job_id: str, number: int, request: Request, context: Ctx, session: Db, principal: Reader) -> Response:
    """The frame of a moment, face boxed. 404 until it is made, shortly after the result."""
    result = get_result(session, principal.workspace_id, job_id_of(job_id))
    picture = context.storage.get(moment_key(result.job_id, number)) if 0 <= number < 2**31 else None
    if picture is None:
        raise NotFound("there is no picture of this moment, or not yet")
    note(session, request, principal, "moment.read", f"{to_wire('job', result.job_id)}/{number}")
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


class _Timeline:
    """Reads one segment at a time, so that a recording of any length takes little memory."""

    def __init__(self, context: Context, result: Result, primary_only: bool) -> None:
        self._context = context
        self._result = result
        self._primary_only = primary_only

    def samples(self, first_sample: int = 0) -> Iterator[Sample]:
        index: int | None = self._segment_of(first_sample)
        while index is not None and (stored := self._segment(index)) is not None:
            for sample in self._joined(index, stored):
                if sample.number >= first_sample:
                    yield sample
            index += 1

    def page(self, cursor: int, limit: int) -> dict[str, Any]:
        samples = self.samples(cursor)
        items = [sample for _, sample in zip(range(limit), samples, strict=False)]
        following = next(samples, None)
        primary = self._result.primary_track
        return {
            "items": [sample_json(sample, primary) for sample in items],
            "next_cursor": None if following is None else str(following.number),
        }

    def ndjson(self) -> Iterator[str]:
        for sample in self.samples():
            yield json.dumps(sample_json(sample, self._result.primary_track), separators=(",", ":")) + "\n"

    def csv(self) -> Iterator[str]:
        yield ",".join(CSV_COLUMNS) + "\n"
        for row in csv_rows(self.samples(), self._result.primary_track):
            yield ",".join(map(str, row)) + "\n"  # numbers and labels: nothing to quote

    def _joined(self, index: int, stored: list[Sample]) -> Iterator[Sample]:
        joined = next(join_tracks({index: stored}, self._result.track_mapping))
        return only_primary(joined, self._result.primary_track) if self._primary_only else iter(joined)

    def _segment_of(self, sample: int) -> int | None:
        with transaction(self._context.sessions) as session:
            return segment_of_sample(session, self._result.job_id, sample)

    def _segment(self, index: int) -> list[Sample] | None:
        with transaction(self._context.sessions) as session:
            return get_segment_samples(session, self._result.job_id, index)


def _in_pieces(lines: Iterator[str]) -> Iterator[str]:
    """Lines gathered into larger pieces: each one sent costs a change of threads."""
    while piece := "".join(islice(lines, LINES_PER_PIECE)):
        yield piece


def _accepted(request: Request) -> Format:
    """The first listed type that we offer. Raises InvalidRequest when there is none."""
    accept = request.headers.get("accept", "*/*")
    for wanted in (part.split(";")[0].strip().lower() for part in accept.split(",")):
        if wanted in ("*/*", "application/*"):
            return "json"
        if wanted in MEDIA_TYPES:
            return MEDIA_TYPES[wanted]
    raise InvalidRequest(f"offered are {', '.join(MEDIA_TYPES)}", field="accept")
