"""Recordings: stored without a job, listed, erased."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from api.audit import note
from api.cursors import page_of
from api.deps import Ctx, Db, Reader, Writer
from api.download import Download, KnownTag, WantedRange, documented
from api.idempotency import Idempotency, key_to, make_once, read_key
from api.params import Cursor
from api.receive import Received, discard, receive_recording
from api.schemas.erasure import VideoErasureOut
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from api.schemas.video import VideoOut, VideoPage
from api.submit import id_in_field
from shared.db.engine import transaction
from shared.db.erasure import erase_video
from shared.db.videos import get_video, insert_video, list_videos
from shared.domain.clock import utc_now
from shared.domain.container import HEAD_BYTES, MEDIA_TYPES, UNKNOWN, media_type_of
from shared.domain.errors import InvalidRequest, MediaGone, StateConflict, Unavailable
from shared.domain.ids import VideoId, to_wire, video_id_of
from shared.domain.video import Video, saved_name
from shared.storage.port import video_prefix

router = APIRouter(prefix="/v1/videos", tags=["videos"])

MAX_PAGE = 200
CONTENT_TYPES = (*MEDIA_TYPES, UNKNOWN)
BINARY = {"schema": {"type": "string", "format": "binary"}}
FILE_FORM = {"type": "object", "required": ["file"], "properties": {"file": BINARY["schema"]}}
BODY: dict[str, Any] = {
    "required": True,
    "content": {"multipart/form-data": {"schema": FILE_FORM}, "application/octet-stream": BINARY},
}


@router.post(
    "",
    status_code=201,
    response_model=VideoOut,
    responses=problems(403, 409, 413, 422, 507),
    openapi_extra={"requestBody": BODY},
)
async def store_video(
    request: Request,
    context: Ctx,
    principal: Writer,
    links: LinksDep,
    _name: Annotated[str | None, Query(alias="name", description="the file's name, where the body is raw")] = None,
    _: Idempotency = None,
) -> JSONResponse:
    """Store a recording, sent as the raw body or as the part `file` of a form; analyse it later with `video_id`."""
    key = read_key(request)
    received = await receive_recording(request, context, principal.workspace_id)
    try:
        if received.fields:
            name = next(iter(received.fields))[:80]
            raise InvalidRequest(f"unknown field '{name}'; only 'file' is taken here", field=name)
        kept = await run_in_threadpool(_keep, context, received, key)
    except Unavailable:
        raise  # the commit may have come through: what no row knows is swept later
    except Exception:
        await discard(context, received)
        raise
    if kept.id != received.video.id:  # the answer to an earlier request with the same key
        await discard(context, received)
    video = VideoOut.of(kept)
    return JSONResponse(video.model_dump(mode="json"), 201, headers={"Location": links.video(video.id)})


@router.get("/{video_id}", responses=problems(403, 404))
def show_video(video_id: str, session: Db, principal: Reader) -> VideoOut:
    """What is known of a stored recording."""
    return VideoOut.of(get_video(session, principal.workspace_id, video_id_of(video_id)))


@router.head("/{video_id}/content", include_in_schema=False)
@router.get(
    "/{video_id}/content",
    response_class=Response,
    responses={**documented(*CONTENT_TYPES), **problems(403, 404, 409, 410)},
)
def show_content(
    video_id: str,
    request: Request,
    context: Ctx,
    session: Db,
    principal: Reader,
    _range: WantedRange = None,
    _known: KnownTag = None,
) -> Response:
    """The recording as it was sent, whole or in ranges. 410 `media_gone` once it is deleted."""
    video = get_video(session, principal.workspace_id, video_id_of(video_id))
    if video.state == "fetching":
        raise StateConflict("the recording is not here yet; it is being fetched, or that failed")
    file = context.storage.open(video.storage_key) if video.state == "stored" else None
    if file is None:
        raise MediaGone("the recording was deleted")
    note(session, request, principal, "video.read", to_wire("vid", video.id))
    media_type = media_type_of(file.read(HEAD_BYTES))
    name = saved_name(video.original_name) or to_wire("vid", video.id)
    return Download(file=file, media_type=media_type, name=name, etag=f'"{video.sha256}"', inline=True).answer(request)


@router.get("", responses=problems(403, 422))
def list_all(
    session: Db,
    principal: Reader,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    cursor: Cursor = None,
) -> VideoPage:
    """Recordings that are kept, newest first."""
    before = id_in_field(video_id_of, cursor, "cursor") if cursor else None
    found = list_videos(session, principal.workspace_id, limit=limit + 1, before=before)
    page, more = page_of(found, limit, "vid")
    return VideoPage(items=[VideoOut.of(video) for video in page], next_cursor=more)


@router.delete("/{video_id}", responses=problems(403, 404, 409))
def erase(video_id: str, request: Request, context: Ctx, principal: Writer) -> VideoErasureOut:
    """Erase a recording; what jobs found in it stays. 409 while a job that is not over needs it."""
    wanted = video_id_of(video_id)
    with transaction(context.sessions) as session:
        erase_video(session, principal.workspace_id, wanted)
        note(session, request, principal, "video.erased", to_wire("vid", wanted))
    context.storage.delete(video_prefix(wanted))  # the sweep looks again
    return VideoErasureOut.of(wanted, utc_now())


def _keep(context: Ctx, received: Received, key: str | None) -> Video:
    """The recording, or the one that was stored when the request came with the same key before."""
    video = received.video
    keyed = key_to(key, "store", {"name": video.original_name, "file": video.sha256})
    with transaction(context.sessions) as session:
        kept_id, _ = make_once(session, video.workspace_id, keyed, lambda session: insert_video(session, video).id)
        return get_video(session, video.workspace_id, VideoId(kept_id))
