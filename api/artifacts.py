"""What may be downloaded besides the result: asked for, made by a worker, fetched."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from api.audit import note
from api.context import Context
from api.deps import Ctx, Db, Reader, Writer
from api.download import Download, KnownTag, WantedRange, documented
from api.idempotency import Idempotency, key_to, make_once, read_key
from api.schemas.artifact import ArtifactIn, ArtifactList, ArtifactOut
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from shared.db.artifacts import ask_artifact, get_artifact, list_artifacts
from shared.db.engine import transaction
from shared.domain.access import Principal
from shared.domain.artifact import Artifact, ArtifactKind, file_name
from shared.domain.errors import Gone
from shared.domain.ids import JobId, job_id_of, to_wire
from shared.storage.port import artifact_key

router = APIRouter(prefix="/v1/jobs/{job_id}/artifacts", tags=["artifacts"])

RETRY_AFTER_S = 2
SHOWN = ("video/mp4", "video/webm")
FILES = (*SHOWN, "text/html", "application/zip")
ASKED = {"model": ArtifactOut, "description": "Asked for: it waits, or is being made."}
NOT_READY = {"model": ArtifactOut, "description": "It is being made; ask again in a while."}


@router.post(
    "",
    status_code=202,
    response_model=ArtifactOut,
    responses={
        202: ASKED,
        200: {"model": ArtifactOut, "description": "It is there already."},
        **problems(403, 404, 409, 410, 422),
    },
)
def ask(
    job_id: str,
    wanted: ArtifactIn,
    request: Request,
    context: Ctx,
    principal: Writer,
    links: LinksDep,
    _: Idempotency = None,
) -> JSONResponse:
    """Have an artifact made. Asking again changes nothing, unless it failed, or was in another language: then anew."""
    with transaction(context.sessions) as session:
        artifact = _ask_once(session, request, principal, job_id_of(job_id), wanted)
    context.hints.hint("io")
    out = ArtifactOut.of(artifact, links)
    status = 200 if artifact.state == "ready" else 202
    return JSONResponse(out.model_dump(mode="json"), status, headers={"Location": out.links.self})


@router.get("", responses=problems(403, 404, 410))
def list_all(job_id: str, session: Db, principal: Reader, links: LinksDep) -> ArtifactList:
    """Those that were asked for, with their progress."""
    found = list_artifacts(session, principal.workspace_id, job_id_of(job_id))
    return ArtifactList(items=[ArtifactOut.of(artifact, links) for artifact in found])


@router.head("/{kind}", include_in_schema=False)
@router.get(
    "/{kind}",
    response_class=Response,
    responses={**documented(*FILES), 202: NOT_READY, **problems(403, 404, 409, 410, 422)},
)
def fetch(
    job_id: str,
    kind: ArtifactKind,
    request: Request,
    context: Ctx,
    session: Db,
    principal: Reader,
    links: LinksDep,
    _range: WantedRange = None,
    _known: KnownTag = None,
) -> Response:
    """The file. 202 while it is being made, 404 when nobody asked for it, 409 when it could not be made.

    410 `media_gone` for one that is made of the recording, once that is deleted.
    """
    artifact = get_artifact(session, principal.workspace_id, job_id_of(job_id), kind)
    if artifact.state != "ready":
        out = ArtifactOut.of(artifact, links)
        return JSONResponse(out.model_dump(mode="json"), 202, headers={"Retry-After": str(RETRY_AFTER_S)})
    download = _open(context, artifact)
    note(session, request, principal, "artifact.read", f"{to_wire('job', artifact.job_id)}/{kind}")
    return download.answer(request)


def _ask_once(session: Session, request: Request, principal: Principal, job_id: JobId, wanted: ArtifactIn) -> Artifact:
    """Raises what `ask_artifact` raises, KeyReused and InvalidRequest."""
    content = {"job": str(job_id), "kind": wanted.kind, "language": wanted.spoken}
    keyed = key_to(read_key(request), "artifact", content)
    workspace_id = principal.workspace_id

    def make(session: Session) -> JobId:
        return ask_artifact(session, workspace_id, job_id, wanted.kind, wanted.spoken).job_id

    make_once(session, workspace_id, keyed, make)
    found = list_artifacts(session, workspace_id, job_id)
    return next(artifact for artifact in found if artifact.kind == wanted.kind)


def _open(context: Context, artifact: Artifact) -> Download:
    """Raises Gone when the job is being erased right now."""
    file = context.storage.open(artifact_key(artifact.job_id, artifact.kind))
    if file is None or artifact.file is None:
        raise Gone("the file is not there any more")
    return Download(
        file=file,
        media_type=artifact.file.media_type,
        name=file_name(to_wire("job", artifact.job_id), artifact.kind, artifact.file.media_type),
        etag=f'"{artifact.file.sha256}"',
        inline=artifact.file.media_type in SHOWN,
    )
