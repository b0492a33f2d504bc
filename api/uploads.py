"""Resumable uploads: tus 1.0 (tus.io/protocols/resumable-upload), with creation, termination, checksum, expiration.

The offset and the writer's lock live in Postgres, the bytes in the storage. A
connection that is cut, or a process that dies, leaves an upload that goes on at the
last offset that is safe on disk.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api.context import Context
from api.cursors import page_of
from api.deps import Ctx, Db, Writer
from api.idempotency import Idempotency, key_to, make_once, read_key
from api.params import Cursor
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from api.schemas.tus import CHUNK_TYPE, TO_ASK, TO_BEGIN, TO_GO_ON
from api.schemas.upload import UploadOut, UploadPage
from api.submit import id_in_field
from api.tus import CHECKSUMS, Checksum, Write, tus_headers
from shared.db.engine import transaction
from shared.db.ids import new_id
from shared.db.uploads import drop_upload, get_upload, insert_upload, list_uploads
from shared.domain.access import Principal
from shared.domain.clock import utc_now
from shared.domain.errors import BodyTooLarge, EmptyFile, InvalidRequest, UnsupportedBody, WrongVersion
from shared.domain.ids import UploadId, VideoId, WorkspaceId, to_wire, upload_id_of
from shared.domain.upload import EXPIRES_S, TUS_VERSION, Upload
from shared.storage.port import video_key

router = APIRouter(prefix="/v1/uploads", tags=["uploads"])

EXTENSIONS = "creation,creation-with-upload,creation-defer-length,checksum,termination,expiration"
MAX_METADATA_CHARS = 4096
MAX_PAGE = 200


def _speaking_tus(request: Request, principal: Writer) -> Principal:
    """Raises WrongVersion: the protocol wants every request but OPTIONS to name its version."""
    if request.headers.get("tus-resumable") != TUS_VERSION:
        raise WrongVersion(f"send the header Tus-Resumable: {TUS_VERSION}")
    return principal


Sender = Annotated[Principal, Depends(_speaking_tus)]


@router.options("", status_code=204, include_in_schema=False)
def describe(context: Ctx) -> Response:
    """What this server can."""
    return Response(
        status_code=204,
        headers={
            "Tus-Resumable": TUS_VERSION,
            "Tus-Version": TUS_VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(context.settings.max_upload_bytes),
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        },
    )


@router.post(
    "",
    status_code=201,
    response_class=Response,
    responses=problems(403, 409, 412, 413, 415, 422, 423, 460, 507),
    openapi_extra=TO_BEGIN,
)
async def create(request: Request, context: Ctx, principal: Sender, links: LinksDep, _: Idempotency = None) -> Response:
    """Begin an upload; a body of type `application/offset+octet-stream` is its first piece."""
    upload = _begun(request, context, principal.workspace_id)
    upload = await run_in_threadpool(_insert, context, upload, read_key(request))
    is_piece = request.headers.get("content-type", "").partition(";")[0].strip() == CHUNK_TYPE
    if is_piece and upload.offset_bytes == 0:  # else an earlier request with the same key brought it, or a part of it
        upload = await Write(context, upload, _checksum(request)).take(request.stream())
    headers = {**tus_headers(upload), "Location": links.upload(to_wire("upl", upload.id))}
    return Response(status_code=201, headers=headers)


@router.get("", responses=problems(403, 422))
def list_all(
    session: Db,
    principal: Writer,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    cursor: Cursor = None,
) -> UploadPage:
    """Uploads that are not complete, newest first."""
    before = id_in_field(upload_id_of, cursor, "cursor") if cursor else None
    found = list_uploads(session, principal.workspace_id, limit=limit + 1, before=before)
    page, more = page_of(found, limit, "upl")
    return UploadPage(items=[UploadOut.of(upload) for upload in page], next_cursor=more)


@router.head("/{upload_id}", response_class=Response, responses=problems(403, 404, 410, 412), openapi_extra=TO_ASK)
async def show(upload_id: str, context: Ctx, principal: Sender) -> Response:
    """How far an upload is."""
    upload = await run_in_threadpool(_load, context, principal.workspace_id, upload_id_of(upload_id))
    return Response(headers={**tus_headers(upload), **_facts(upload), "Cache-Control": "no-store"})


@router.patch(
    "/{upload_id}",
    status_code=204,
    response_class=Response,
    responses=problems(403, 404, 409, 410, 412, 413, 415, 422, 423, 460, 507),
    openapi_extra=TO_GO_ON,
)
async def write(upload_id: str, request: Request, context: Ctx, principal: Sender) -> Response:
    """Go on at `Upload-Offset`."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != CHUNK_TYPE:
        raise UnsupportedBody(f"the body of a PATCH is of type {CHUNK_TYPE}")
    offset_bytes = _number(request, "upload-offset")
    if offset_bytes is None:
        raise InvalidRequest("Upload-Offset is missing", field="upload-offset")
    length_bytes = _length(request, context)
    checksum = _checksum(request)
    upload = await run_in_threadpool(_load, context, principal.workspace_id, upload_id_of(upload_id))
    writer = Write(context, upload, checksum, offset_bytes=offset_bytes, length_bytes=length_bytes)
    return Response(status_code=204, headers=tus_headers(await writer.take(request.stream())))


@router.delete(
    "/{upload_id}",
    status_code=204,
    response_class=Response,
    responses=problems(403, 404, 409, 410, 412, 423),
    openapi_extra=TO_ASK,
)
def end(upload_id: str, context: Ctx, principal: Sender) -> Response:
    """End an upload that is not complete, and forget its bytes."""
    with transaction(context.sessions) as session:
        upload = drop_upload(session, principal.workspace_id, upload_id_of(upload_id))
    context.storage.forget_partial(upload.storage_key)
    return Response(status_code=204, headers={"Tus-Resumable": TUS_VERSION})


def _begun(request: Request, context: Context, workspace_id: WorkspaceId) -> Upload:
    length_bytes = _length(request, context)
    if length_bytes is None and request.headers.get("upload-defer-length") != "1":
        raise InvalidRequest("send Upload-Length, or Upload-Defer-Length: 1", field="upload-length")
    if length_bytes == 0:
        raise EmptyFile("the file holds no bytes")
    video_id, now = VideoId(new_id()), utc_now()
    return Upload(
        id=UploadId(new_id()),
        workspace_id=workspace_id,
        video_id=video_id,
        storage_key=video_key(video_id),
        offset_bytes=0,
        length_bytes=length_bytes,
        metadata=_metadata(request.headers.get("upload-metadata", "")),
        state="receiving",
        lock_token=0,
        created_at=now,
        expires_at=now + timedelta(seconds=EXPIRES_S),
    )


def _insert(context: Context, upload: Upload, key: str | None) -> Upload:
    """As begun now, or when the request came with the same key before."""
    keyed = key_to(key, "upload", {"length": upload.length_bytes, "metadata": upload.metadata})

    def insert(session: Session) -> UploadId:
        insert_upload(session, upload)
        session.flush()
        return upload.id

    with transaction(context.sessions) as session:
        upload_id, _ = make_once(session, upload.workspace_id, keyed, insert)
        return get_upload(session, upload.workspace_id, UploadId(upload_id))


def _load(context: Context, workspace_id: WorkspaceId, upload_id: UploadId) -> Upload:
    with transaction(context.sessions) as session:
        return get_upload(session, workspace_id, upload_id)


def _length(request: Request, context: Context) -> int | None:
    """Raises BodyTooLarge before a byte is sent for nothing."""
    length_bytes = _number(request, "upload-length")
    if length_bytes is not None and length_bytes > context.settings.max_upload_bytes:
        raise BodyTooLarge(f"at most {context.settings.max_upload_bytes} bytes are accepted")
    return length_bytes


def _number(request: Request, header: str) -> int | None:
    text = request.headers.get(header)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidRequest(f"{header} must be a whole number of bytes", field=header)
    return int(text)


def _metadata(text: str) -> dict[str, str]:
    """`filename d29ybGQ=,is_private`: names, each with a value in base64 or without one."""
    if len(text) > MAX_METADATA_CHARS:
        raise InvalidRequest(f"Upload-Metadata is longer than {MAX_METADATA_CHARS} characters", field="upload-metadata")
    found = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = pair.partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode("utf-8", "replace").replace("\0", "")
        except ValueError:  # also for what is not ASCII
            raise InvalidRequest(f"the value of '{name[:80]}' is not base64", field="upload-metadata") from None
    return found


def _checksum(request: Request) -> Checksum | None:
    text = request.headers.get("upload-checksum")
    if text is None:
        return None
    name, _, digest = text.partition(" ")
    if name not in CHECKSUMS:
        raise InvalidRequest(f"checksums are {', '.join(CHECKSUMS)}", field="upload-checksum")
    try:
        return Checksum(hashlib.new(name, usedforsecurity=False), base64.b64decode(digest, validate=True))
    except ValueError:  # also for what is not ASCII
        raise InvalidRequest("the checksum is not base64", field="upload-checksum") from None


def _facts(upload: Upload) -> dict[str, str]:
    facts = {"Upload-Expires": _http_date(upload.expires_at)}
    if upload.length_bytes is None:
        facts["Upload-Defer-Length"] = "1"
    else:
        facts["Upload-Length"] = str(upload.length_bytes)
    if upload.metadata:
        pairs = (
            f"{name} {base64.b64encode(value.encode()).decode()}".strip() for name, value in upload.metadata.items()
        )
        facts["Upload-Metadata"] = ",".join(pairs)
    return facts


def _http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)
