"""Refuses requests that name another host: a page elsewhere could otherwise reach a local Mien by rebinding a name."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import problem

CODE = "unknown_host"
TITLE = "The Host header names a host that this deployment does not serve"


class KnownHosts:
    """Names may hold `*`; the answer is a problem like all others, which Starlette's own middleware cannot give."""

    def __init__(self, app: ASGIApp, known: Sequence[str]) -> None:
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_known(Headers(scope=scope).get("host", "")):
            detail = "name this deployment in the address, or let its operator add the host to MIEN_TRUSTED_HOSTS"
            return await problem(Request(scope), 400, CODE, TITLE, detail)(scope, receive, send)
        return await self._app(scope, receive, send)

    def _is_known(self, host: str) -> bool:
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in self._known)
