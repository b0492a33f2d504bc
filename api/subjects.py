"""One person's data: everything that was submitted under one reference."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from api.audit import note
from api.deps import Ctx, Writer
from api.schemas.erasure import SubjectErasureOut
from api.schemas.problem import problems
from shared.db.engine import transaction
from shared.db.erasure import Erasure, erase_job, jobs_under
from shared.domain.clock import utc_now
from shared.domain.ids import to_wire
from shared.storage.port import erase_files

router = APIRouter(prefix="/v1/subjects", tags=["subjects"])


@router.delete("/{reference:path}", responses=problems(403, 422))
def erase_subject(
    reference: Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00]*$")],
    request: Request,
    context: Ctx,
    principal: Writer,
) -> SubjectErasureOut:
    """Erase all jobs with this `reference`, what came of them, and their recordings.

    Each job goes in a transaction of its own: a request that is cut erased whole jobs, and a second one the rest.
    """
    erasures: list[Erasure] = []
    while True:
        with transaction(context.sessions) as session:
            found = jobs_under(session, principal.workspace_id, reference)
        for job_id in found:
            with transaction(context.sessions) as session:
                erasures.append(erase_job(session, principal.workspace_id, job_id))
                note(session, request, principal, "subject.erased", to_wire("job", job_id))
            erase_files(context.storage, job_id, erasures[-1].video_id)  # the sweep looks again
        if not found:
            break
    context.hints.hint("io")
    return SubjectErasureOut.of(erasures, utc_now())
