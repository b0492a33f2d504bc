"""What handlers depend on: who asks, and one transaction that is committed before the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from api.context import Context, context_of
from shared.db.engine import transaction
from shared.db.keys import principal_of_key
from shared.db.logins import find_session
from shared.domain.access import Principal, Scope
from shared.domain.errors import Forbidden, Unauthenticated

SESSION_COOKIE = "mien_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OF_OTHERS = frozenset({"cross-site", "same-site"})
"""What `Sec-Fetch-Site` says of a request by a page of another origin."""


async def get_context(request: Request) -> Context:
    return context_of(request)


Ctx = Annotated[Context, Depends(get_context)]


def open_session(context: Ctx) -> Iterator[Session]:
    with transaction(context.sessions) as session:
        yield session


# FastAPI would otherwise commit after the answer has gone out.
Db = Annotated[Session, Depends(open_session, scope="function")]


def authenticate(request: Request, context: Context) -> Principal:
    """Who asks, by key or by session cookie. Raises Unauthenticated, RateLimited, or Forbidden for a foreign page."""
    _credentials(request)  # before a connection is taken
    with transaction(context.sessions) as session:
        return authenticate_in(session, request, context)


def authenticate_in(session: Session, request: Request, context: Context) -> Principal:
    """The same in a transaction that goes on: one round trip less where every millisecond counts."""
    key, secret = _credentials(request)
    principal = principal_of_key(session, key) if key else _principal_of_session(session, secret)
    if principal is None:
        raise Unauthenticated("the key or the session is unknown, revoked or expired")
    if principal.by_session:
        require_own_page(request)
    per_minute = principal.requests_per_minute
    bucket = f"{principal.actor} in {principal.workspace_id}"
    context.rates.take(bucket, context.settings.requests_per_minute if per_minute is None else per_minute)
    return principal


def _principal_of_session(session: Session, secret: str) -> Principal | None:
    found = find_session(session, secret)
    return found.principal() if found else None


def _credentials(request: Request) -> tuple[str | None, str]:
    key = bearer_token(request)
    secret = "" if key else request.cookies.get(SESSION_COOKIE)
    if secret is None:
        raise Unauthenticated("send 'Authorization: Bearer mien_…', or sign in at /sign-in")
    return key, secret


def bearer_token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def require_own_page(request: Request) -> None:
    """What changes something with a session must come from a page of this origin, and say so.

    Every browser sends `Origin` or `Sec-Fetch-Site` with such a request, so what has neither comes from none.
    """
    refuse_foreign_page(request)
    said = {"origin", "sec-fetch-site"} & set(request.headers)
    if request.method not in SAFE_METHODS and not said:
        raise Forbidden("with a session, what changes something must name its origin; other clients send a key")


def refuse_foreign_page(request: Request) -> None:
    """A page of another origin may not act in this browser's name, nor by its place in the network."""
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if is_foreign or request.headers.get("sec-fetch-site") in OF_OTHERS:
        raise Forbidden("the request came from a page of another origin")


def principal_with(scope: Scope) -> Callable[[Request, Context], Principal]:
    def check(request: Request, context: Ctx) -> Principal:
        principal = authenticate(request, context)
        principal.require(scope)
        return principal

    return check


Reader = Annotated[Principal, Depends(principal_with("jobs:read"))]
Writer = Annotated[Principal, Depends(principal_with("jobs:write"))]
Operator = Annotated[Principal, Depends(principal_with("admin"))]
