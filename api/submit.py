"""Turns what a client sent into a queued job: by form, by JSON, by the prototype's call, or as a retry."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api.context import Context
from api.idempotency import key_to, make_once, read_key
from api.receive import discard, plain_name, receive_recording
from api.requests import origin_of
from api.schemas.job import JobFields, JobIn
from shared.crash import crash_point
from shared.db.endpoints import workspace_secret
from shared.db.engine import transaction
from shared.db.idempotency import IdempotencyKey
from shared.db.ids import new_id
from shared.db.jobs import get_job, insert_job, retry_job
from shared.db.uploads import consume_upload
from shared.db.videos import get_stored_video, get_usable_video, insert_video
from shared.domain.clock import utc_now
from shared.domain.errors import AddressNotAllowed, BodyTooLarge, InvalidRequest, NotFound, Unavailable
from shared.domain.ids import BatchId, JobId, VideoId, WorkspaceId, upload_id_of, video_id_of
from shared.domain.job import Job, JobRequest, Origin
from shared.domain.purpose import check_purpose
from shared.domain.step import class_to_hint
from shared.domain.video import Video
from shared.outbound.addresses import check_url
from shared.storage.port import video_key
from shared.webhooks.signing import new_secret

JSON_FIELDS = ("options", "metadata")  # fields of a form that hold JSON
MAX_JSON_BYTES = 256 * 1024
SUBMIT = "submit"

Fields = TypeVar("Fields", bound=BaseModel)
Id = TypeVar("Id")
Insert = Callable[[Session], UUID]


async def submit_form(request: Request, context: Context, workspace_id: WorkspaceId) -> Job:
    """The recording first, then the job, in one transaction; nothing is left of a form that is refused or known."""
    key = read_key(request)
    received = await receive_recording(request, context, workspace_id)
    video = received.video
    try:
        wanted = await run_in_threadpool(_checked, context, _read_fields(received.fields))
        keyed = key_to(key, SUBMIT, {**asdict(wanted), "file": video.sha256})

        def insert(session: Session) -> JobId:
            return _insert_job(session, insert_video(session, video), wanted, origin_of(request))

        job = await run_in_threadpool(_accept, context, workspace_id, keyed, insert)
    except Unavailable:
        raise  # the commit may have come through: what no row knows is swept later
    except Exception:
        await discard(context, received)
        raise
    if job.video_id != video.id:  # the answer to an earlier request with the same key
        await discard(context, received)
    return job


async def submit_json(request: Request, context: Context, workspace_id: WorkspaceId) -> Job:
    """A job for a recording that is stored already, or that a worker fetches."""
    body = validated(JobIn, await read_json(request))
    key, origin = read_key(request), origin_of(request)
    wanted = await run_in_threadpool(checked_named, context, body)

    def insert(session: Session) -> JobId:
        return insert_named(session, context, workspace_id, body, wanted, origin)

    keyed = key_to(key, SUBMIT, {**asdict(wanted), **named_in(body)})
    return await run_in_threadpool(_accept, context, workspace_id, keyed, insert)


def named_in(body: JobIn) -> dict[str, str | None]:
    return {"video_id": body.video_id, "upload_id": body.upload_id, "video_url": body.video_url}


def insert_named(
    session: Session,
    context: Context,
    workspace_id: WorkspaceId,
    body: JobIn,
    wanted: JobRequest,
    origin: Origin,
    batch_id: BatchId | None = None,
) -> JobId:
    """A job for a recording that is named rather than sent."""
    video = _named_video(session, context, workspace_id, body)
    return _insert_job(session, video, wanted, origin, batch_id)


async def submit_again(request: Request, context: Context, workspace_id: WorkspaceId, job_id: JobId) -> Job:
    """A new job for one that failed or was canceled."""
    keyed, origin = key_to(read_key(request), "retry", {"job": str(job_id)}), origin_of(request)

    def insert(session: Session) -> JobId:
        before = get_job(session, workspace_id, job_id)
        video = get_usable_video(session, workspace_id, before.video_id)
        return retry_job(session, workspace_id, job_id, video, origin)

    return await run_in_threadpool(_accept, context, workspace_id, keyed, insert)


def _accept(context: Context, workspace_id: WorkspaceId, keyed: IdempotencyKey | None, insert: Insert) -> Job:
    """The job that the request makes, or made when it came with the same key before."""
    with transaction(context.sessions) as session:
        job_id, is_new = make_once(session, workspace_id, keyed, insert)
        job = get_job(session, workspace_id, JobId(job_id))
    crash_point("job_committed")
    if is_new:
        hint_at(context, job.request)
    return job


def hint_at(context: Context, wanted: JobRequest) -> None:
    """Tell workers of a new job: after the commit, and never waited for."""
    for step_class in {"io", class_to_hint(wanted.options.device)}:
        context.hints.hint(step_class)


def _insert_job(
    session: Session, video: Video, wanted: JobRequest, origin: Origin, batch_id: BatchId | None = None
) -> JobId:
    if wanted.webhook_url is not None:
        workspace_secret(session, video.workspace_id, new_secret())
    return insert_job(session, video, wanted, origin=origin, batch_id=batch_id)


def _named_video(session: Session, context: Context, workspace_id: WorkspaceId, body: JobIn) -> Video:
    if body.video_id is not None:
        return get_stored_video(session, workspace_id, id_in_field(video_id_of, body.video_id, "video_id"))
    if body.upload_id is not None:
        video_id = consume_upload(session, workspace_id, id_in_field(upload_id_of, body.upload_id, "upload_id"))
        return get_stored_video(session, workspace_id, video_id)
    return insert_video(session, _awaited_video(context, workspace_id, body.video_url or ""))


def _awaited_video(context: Context, workspace_id: WorkspaceId, url: str) -> Video:
    """A recording of which only the address is known."""
    video_id, now = VideoId(new_id()), utc_now()
    return Video(
        id=video_id,
        workspace_id=workspace_id,
        storage_key=video_key(video_id),
        size_bytes=0,
        sha256="",
        modified_ns=0,
        original_name=plain_name(url.partition("?")[0].partition("#")[0]),
        state="fetching",
        created_at=now,
        expires_at=now + timedelta(days=context.settings.video_retention_days),
        source_url=url,
    )


def checked_named(context: Context, body: JobIn) -> JobRequest:
    """What is asked for. Raises InvalidRequest, and AddressNotAllowed after a look-up that may take seconds."""
    if body.video_url is not None:
        check_address(context, body.video_url, "video_url")
    return _checked(context, body)


def _checked(context: Context, fields: JobFields) -> JobRequest:
    check_purpose(fields.purpose, context.settings.purposes, fields.consent_reference)
    if fields.webhook_url is not None:
        check_address(context, fields.webhook_url, "webhook_url")
    check_model(context, fields.options.model)
    return fields.to_request()


def check_model(context: Context, name: str) -> None:
    """Raises InvalidRequest for one that this deployment does not have."""
    if name not in context.models:
        known = ", ".join(sorted(context.models))
        raise InvalidRequest(f"there is no model '{name}' here; there are {known}", field="options.model")


def check_address(context: Context, url: str, field: str) -> None:
    """Raises AddressNotAllowed. Checked again when it is dialled; here so that the client learns it at once."""
    try:
        check_url(url, context.settings.networks())
    except AddressNotAllowed as error:
        raise AddressNotAllowed(error.detail, field=field) from None


def _read_fields(fields: dict[str, str]) -> JobFields:
    return validated(
        JobFields,
        {name: _parse_json(name, text) if name in JSON_FIELDS else text for name, text in fields.items()},
    )


async def read_json(request: Request) -> Any:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise BodyTooLarge(f"a JSON body may have {MAX_JSON_BYTES} bytes")
    return _parse_json("body", bytes(body))


def _parse_json(name: str, text: str | bytes) -> Any:
    try:
        data = json.loads(text)
        json.dumps(data, ensure_ascii=False).encode()  # lone surrogates are JSON, but no text that can be stored
        return data
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"{name} is not valid JSON", field=name) from error


def validated(kind: type[Fields], data: Any) -> Fields:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_context=False, include_url=False)) from error


def id_in_field(read: Callable[[str], Id], text: str, field: str) -> Id:
    """An id inside a request. Raises InvalidRequest: unlike one in the address, it does not name what is asked for."""
    try:
        return read(text)
    except NotFound as error:
        raise InvalidRequest(error.detail, field=field) from error


def reload_job(context: Context, workspace_id: WorkspaceId, job_id: JobId) -> Job:
    with transaction(context.sessions) as session:
        return get_job(session, workspace_id, job_id)
