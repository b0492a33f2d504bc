"""The list of jobs: filters as query parameters, and pages that stay where they are while new jobs come in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request

from api.cursors import place_at, to_cursor
from api.deps import Db, Reader
from api.params import Cursor, Time
from api.schemas.job import JobOut, JobPage
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from api.submit import id_in_field
from shared.db.listing import JobFilter, Place, list_jobs
from shared.domain.errors import InvalidRequest
from shared.domain.ids import batch_id_of, video_id_of
from shared.domain.job import JobState
from shared.domain.purpose import Purpose

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

MAX_PAGE = 200
MAX_METADATA_FILTERS = 8
NO_NUL = r"^[^\x00]*$"  # Postgres stores no NUL
OF_METADATA = re.compile(r"metadata\.(.+)|metadata\[(.+)\]", re.DOTALL)
METADATA: dict[str, Any] = {
    "name": "metadata",
    "in": "query",
    "style": "deepObject",
    "explode": True,
    "description": "jobs whose metadata has these values: `metadata.question=2`, or `metadata[question]=2`",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    "example": {"question": "2"},
}

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]


def wanted_jobs(
    request: Request,
    state: Annotated[list[JobState] | None, Query(description="repeat it for any of several")] = None,
    reference: Annotated[str | None, Query(max_length=200, pattern=NO_NUL)] = None,
    purpose: Purpose | None = None,
    video_id: str | None = None,
    batch: Annotated[str | None, Query(description="the id of a batch")] = None,
    created_after: Time = None,
    created_before: Time = None,
) -> JobFilter:
    """Raises InvalidRequest for a value that can match nothing by mistake."""
    return JobFilter(
        states=tuple(dict.fromkeys(state or ())),
        reference=reference,
        purpose=purpose,
        video_id=id_in_field(video_id_of, video_id, "video_id") if video_id else None,
        batch_id=id_in_field(batch_id_of, batch, "batch") if batch else None,
        metadata=_metadata(request),
        created_after=created_after,
        created_before=created_before,
    )


@router.get("", responses=problems(403, 422), openapi_extra={"parameters": [METADATA]})
def list_all(
    request: Request,
    session: Db,
    principal: Reader,
    links: LinksDep,
    wanted: Annotated[JobFilter, Depends(wanted_jobs)],
    order: Annotated[Literal["asc", "desc"], Query(description="by time of submission")] = "desc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> JobPage:
    """Jobs of the workspace, newest first; pages stay stable while new jobs come in."""
    refuse_unknown(request, FILTERS | PLACES)
    jobs = list_jobs(
        session,
        principal.workspace_id,
        wanted,
        limit=limit + 1,
        after=place_at(cursor) if cursor else None,
        oldest_first=order == "asc",
    )
    page = jobs[:limit]
    more = to_cursor(Place.of(page[-1])) if len(jobs) > limit else None
    return JobPage(items=[JobOut.of(job, links) for job in page], next_cursor=more)


FILTERS = frozenset({"state", "reference", "purpose", "video_id", "batch", "created_after", "created_before"})
PLACES = frozenset({"order", "limit", "cursor"})


def refuse_unknown(request: Request, known: frozenset[str]) -> None:
    """A filter that is misspelt must not give the list of everything. Raises InvalidRequest."""
    for name in request.query_params:
        if name not in known and not OF_METADATA.fullmatch(name):
            raise InvalidRequest(
                f"there is no filter '{name[:80]}'; there are {', '.join(sorted(known))}", field=name[:80]
            )


def _metadata(request: Request) -> dict[str, str]:
    found = dict(_metadata_pairs(request))
    if len(found) > MAX_METADATA_FILTERS:
        raise InvalidRequest(f"at most {MAX_METADATA_FILTERS} names of metadata can be asked for", field="metadata")
    if "\0" in "".join([*found, *found.values()]):
        raise InvalidRequest("NUL characters are not stored", field="metadata")
    return found


def _metadata_pairs(request: Request) -> Iterator[tuple[str, str]]:
    for name, value in request.query_params.multi_items():
        if matched := OF_METADATA.fullmatch(name):
            yield matched[1] or matched[2], value
