"""Turns what a client sent into a queued job: by form, by JSON, or by the prototype's call."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api.context import Context
from api.receive import discard, receive_recording
from api.schemas.job import JobFields, JobIn
from shared.db.engine import transaction
from shared.db.jobs import get_job, insert_job
from shared.db.videos import get_stored_video, insert_video
from shared.domain.errors import BodyTooLarge, InvalidRequest, NotFound, Unavailable
from shared.domain.ids import JobId, WorkspaceId, video_id_of
from shared.domain.job import Job, JobRequest
from shared.domain.purpose import check_purpose
from shared.domain.step import class_to_hint
from shared.domain.video import Video

JSON_FIELDS = ("options", "metadata")  # fields of a form that hold JSON
MAX_JSON_BYTES = 256 * 1024

Fields = TypeVar("Fields", bound=JobFields)
Id = TypeVar("Id")


async def submit_form(request: Request, context: Context, workspace_id: WorkspaceId) -> Job:
    """The recording first, then the job, in one transaction; nothing is left of a form that is refused."""
    received = await receive_recording(request, context, workspace_id)
    try:
        wanted = _checked(context, _read_fields(received.fields))

        def insert(session: Session) -> Video:
            insert_video(session, received.video)
            return received.video

        return await run_in_threadpool(_accept, context, wanted, insert)
    except Unavailable:
        raise  # the commit may have come through: what no row knows is swept later
    except Exception:
        await discard(context, received)
        raise


async def submit_json(request: Request, context: Context, workspace_id: WorkspaceId) -> Job:
    """A job for a recording that is stored already."""
    body = _validated(JobIn, await _read_json(request))
    wanted = _checked(context, body)
    video_id = id_in_field(video_id_of, body.video_id, "video_id")
    return await run_in_threadpool(
        _accept, context, wanted, lambda session: get_stored_video(session, workspace_id, video_id)
    )


def _accept(context: Context, wanted: JobRequest, find_video: Callable[[Session], Video]) -> Job:
    with transaction(context.sessions) as session:
        video = find_video(session)
        job = get_job(session, video.workspace_id, insert_job(session, video, wanted))
    context.hints.hint(class_to_hint(wanted.options.device))  # after the commit, and never waited for
    return job


def _checked(context: Context, fields: JobFields) -> JobRequest:
    check_purpose(fields.purpose, context.settings.purposes, fields.consent_reference)
    return fields.to_request()


def _read_fields(fields: dict[str, str]) -> JobFields:
    return _validated(
        JobFields,
        {name: _parse_json(name, text) if name in JSON_FIELDS else text for name, text in fields.items()},
    )


async def _read_json(request: Request) -> Any:
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


def _validated(kind: type[Fields], data: Any) -> Fields:
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
