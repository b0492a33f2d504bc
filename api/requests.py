"""Gives every request an id, which its answer, its log lines and its errors carry."""

from __future__ import annotations

import re

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.db.ids import new_id
from shared.domain.clock import Monotonic, monotonic_s
from shared.domain.job import Origin
from shared.log import get_logger
from shared.metrics import REQUEST_SECONDS

GIVEN_ID = re.compile(rb"[A-Za-z0-9_.-]{1,64}")
TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
NOTHING = re.compile(r"^ff|-0{32}-|-0{16}-")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SUBJECTS = "/v1/subjects/"
QUIET_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})

log = get_logger(__name__)


class RequestIds:
    def __init__(self, app: ASGIApp, clock: Monotonic = monotonic_s) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        scope["request_id"] = request_id = _id_of(scope)
        started_s = self._clock()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
                _note(scope, message["status"], self._clock() - started_s)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_id)
        return None


def origin_of(request: Request) -> Origin:
    """Where a job comes from; a `traceparent` that is none is left out, as W3C Trace Context asks."""
    given = request.headers.get("traceparent", "")
    is_valid = TRACEPARENT.fullmatch(given) and not NOTHING.search(given)
    return Origin(request_id=request.scope["request_id"], traceparent=given if is_valid else None)


def _id_of(scope: Scope) -> str:
    given: bytes = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if GIVEN_ID.fullmatch(given) else new_id().hex


def _note(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in METHODS else "other"  # clients may send any word
    REQUEST_SECONDS.labels(method, _route_of(scope), str(status)).observe(seconds)
    if scope["path"] not in QUIET_PATHS:
        log.info("request", method=scope["method"], path=loggable_path(scope), status=status, seconds=round(seconds, 4))


def loggable_path(scope: Scope) -> str:
    """Ids may stand in a log, what a client calls a person may not."""
    path: str = scope["path"]
    return f"{SUBJECTS}{{reference}}" if path.startswith(SUBJECTS) else path


def _route_of(scope: Scope) -> str:
    """The pattern, not the path: ids would make a series of their own each."""
    route = scope.get("route")
    return getattr(route, "path", None) or "none"
