"""Recordings: stored without a job."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api.deps import Ctx, Db, Reader, Writer
from api.receive import Received, discard, receive_recording
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from api.schemas.video import VideoOut
from shared.db.engine import transaction
from shared.db.videos import get_video, insert_video
from shared.domain.errors import InvalidRequest, Unavailable
from shared.domain.ids import video_id_of

router = APIRouter(prefix="/v1/videos", tags=["videos"])

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
    responses=problems(403, 413, 422, 507),
    openapi_extra={"requestBody": BODY},
)
async def store_video(request: Request, context: Ctx, principal: Writer, links: LinksDep) -> JSONResponse:
    """Store a recording, sent as the raw body or as the part `file` of a form; analyse it later with `video_id`."""
    received = await receive_recording(request, context, principal.workspace_id)
    try:
        if received.fields:
            raise InvalidRequest(f"unknown field '{next(iter(received.fields))}'; only 'file' is taken here")
        await run_in_threadpool(_insert, context, received)
    except Unavailable:
        raise  # the commit may have come through: what no row knows is swept later
    except Exception:
        await discard(context, received)
        raise
    video = VideoOut.of(received.video)
    return JSONResponse(video.model_dump(mode="json"), 201, headers={"Location": links.video(video.id)})


@router.get("/{video_id}", responses=problems(403, 404))
def show_video(video_id: str, session: Db, principal: Reader) -> VideoOut:
    """What is known of a stored recording."""
    return VideoOut.of(get_video(session, principal.workspace_id, video_id_of(video_id)))


def _insert(context: Ctx, received: Received) -> None:
    with transaction(context.sessions) as session:
        insert_video(session, received.video)
