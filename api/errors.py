"""Errors on the wire: RFC 9457, with one table from conditions to statuses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.requests import loggable_path
from shared.domain.errors import (
    BodyTooLarge,
    ChecksumMismatch,
    Conflict,
    Forbidden,
    Gone,
    InputError,
    InvalidRequest,
    MienError,
    NoSuchRange,
    NotFound,
    RequestError,
    StorageFull,
    TooMuch,
    Unauthenticated,
    UnsupportedBody,
    UploadLocked,
    WorldError,
    WrongVersion,
)
from shared.domain.upload import TUS_VERSION
from shared.log import get_logger

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 5

STATUS: dict[type[MienError], int] = {
    MienError: 500,
    InputError: 422,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    WrongVersion: 412,
    UnsupportedBody: 415,
    NoSuchRange: 416,
    UploadLocked: 423,
    ChecksumMismatch: 460,
    BodyTooLarge: 413,
    WorldError: 503,
    TooMuch: 429,
    StorageFull: 507,
}
"""The nearest ancestor in the error tree decides."""

HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "unsupported_body"}

log = get_logger(__name__)


def status_of(kind: type[MienError]) -> int:
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(MienError, _on_mien_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_unforeseen)


def problem(
    request: Request,
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request.scope.get("request_id", ""),
    }
    if errors:
        body["errors"] = errors
    return JSONResponse(body, status, headers={**_headers(status), **(headers or {})}, media_type=PROBLEM_JSON)


def _headers(status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status == 412:
        return {"Tus-Version": TUS_VERSION}
    return {"Retry-After": str(RETRY_AFTER_S)} if status in (423, 503, 507) else {}


def _on_mien_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MienError)
    field = error.field if isinstance(error, RequestError) else None
    errors = [{"field": field, "message": error.detail}] if field else None
    headers = {"Retry-After": str(math.ceil(error.retry_after_s))} if isinstance(error, TooMuch) else None
    return problem(request, status_of(type(error)), error.code, error.title, error.detail, errors, headers)


def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [{"field": _field(item["loc"]), "message": item["msg"]} for item in error.errors()]
    first = errors[0] if errors else {"field": "body", "message": InvalidRequest.title}
    detail = f"{first['field']}: {first['message']}"
    return problem(request, 422, InvalidRequest.code, InvalidRequest.title, detail, errors)


def _field(location: tuple[int | str, ...]) -> str:
    """`("body", "options", "interval_s")` → `options.interval_s`."""
    return ".".join(str(part) for part in location if part not in ("body", "query", "path", "header")) or "body"


def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:  # the framework's word for a body that is no JSON
        return problem(request, 422, InvalidRequest.code, InvalidRequest.title, str(error.detail))
    headers = {**(error.headers or {}), **_allowed(request)} if error.status_code == 405 else error.headers
    code = HTTP_CODES.get(error.status_code, "invalid_request")
    return problem(request, error.status_code, code, str(error.detail), str(error.detail), headers=headers)


def _allowed(request: Request) -> dict[str, str]:
    """All methods of an address: the framework names those of its first route alone."""
    from api.openapi import methods_at

    methods = methods_at(request.app, request.url.path)
    return {"Allow": ", ".join(methods)} if methods else {}


def _on_unforeseen(request: Request, error: Exception) -> JSONResponse:
    log.error("unforeseen_error", path=loggable_path(request.scope), exc_info=error)
    return problem(request, 500, MienError.code, MienError.title, "The log has more, under this request_id.")
