"""Sessions of browsers: signing in with a key, seeing who one is, signing out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from api.context import Context
from api.deps import SESSION_COOKIE, Ctx, Db, authenticate, require_own_page
from api.schemas.problem import problems
from api.schemas.session import SessionIn, SessionOut
from shared.db.audit import write_down
from shared.db.engine import transaction
from shared.db.keys import get_key
from shared.db.logins import OpenedSession, end_session, find_session, open_session
from shared.domain.access import BrowserSession, parse_key
from shared.domain.audit import AuditAction, Deed
from shared.domain.errors import Forbidden, NotFound, Unauthenticated
from shared.domain.ids import to_wire
from shared.log import get_logger

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])

UNKNOWN = "unknown"
HINT_COOKIE = "mien_signed_in"
"""Says to scripts of the pages that there may be a session, so that a stranger's browser need not ask and be refused."""

log = get_logger(__name__)


@router.post("", status_code=201, responses=problems(403, 422), dependencies=[Depends(require_own_page)])
def sign_in(body: SessionIn, request: Request, response: Response, context: Ctx) -> SessionOut:
    """Sign this browser in with a key. The session has the key's scopes, and ends with that secret of the key."""
    peer = request.client.host if request.client else UNKNOWN
    context.rates.refuse_guesser(peer)
    with transaction(context.sessions) as session:
        opened = open_session(session, body.key)
        if opened is None:
            _note_refusal(session, request, body.key)
        else:
            note_opened(session, request, opened.session)
            end_session(session, request.cookies.get(SESSION_COOKIE, ""))
    if opened is None:
        context.rates.note_failure(peer)
        raise Unauthenticated("the key is unknown, revoked or expired")
    keep(request, response, context, opened)
    return SessionOut.of(opened.session)


def signed_in(request: Request, context: Ctx) -> str:
    """The secret of the session that a browser has. Forbidden for a key, which has none."""
    if not authenticate(request, context).by_session:
        raise Forbidden("a key has no session; only a browser that is signed in does")
    return request.cookies[SESSION_COOKIE]


Secret = Annotated[str, Depends(signed_in)]


@router.get("/current", responses=problems(403))
def show(session: Db, secret: Secret, response: Response) -> SessionOut:
    """Whose session this browser has, and what it may do."""
    response.headers["Cache-Control"] = "no-store"
    return SessionOut.of(_found(session, secret))


@router.delete("/current", status_code=204, responses=problems(403))
def sign_out(request: Request, session: Db, secret: Secret, response: Response) -> None:
    """Sign this browser out: the session ends, here and for whoever else has its cookie."""
    _note(session, request, _found(session, secret), "session.ended")
    end_session(session, secret)
    for name in (SESSION_COOKIE, HINT_COOKIE):
        response.delete_cookie(name, httponly=name == SESSION_COOKIE, samesite="lax", secure=_is_over_tls(request))


def keep(request: Request, response: Response, context: Context, opened: OpenedSession) -> None:
    """As a cookie that no script reads and that no other site's form or picture sends."""
    response.headers["Cache-Control"] = "no-store"
    for name, value in ((SESSION_COOKIE, opened.secret), (HINT_COOKIE, "1")):
        response.set_cookie(
            name,
            value,
            expires=opened.session.expires_at.astimezone(UTC),
            httponly=name == SESSION_COOKIE,
            samesite="lax",
            secure=_is_over_tls(request) or context.settings.public_url.startswith("https:"),
        )


def note_opened(session: Session, request: Request, opened: BrowserSession) -> None:
    _note(session, request, opened, "session.opened")


def _is_over_tls(request: Request) -> bool:
    return request.url.scheme == "https"


def _found(session: Session, secret: str) -> BrowserSession:
    """It may have ended since it was looked at. Raises Unauthenticated."""
    found = find_session(session, secret)
    if found is None:
        raise Unauthenticated("the session has ended")
    return found


def _note(session: Session, request: Request, of: BrowserSession, action: AuditAction) -> None:
    """Under the key that opened it, else under its workspace: a session has no id that one may know."""
    target = to_wire("key", of.key_id) if of.key_id else to_wire("wsp", of.workspace_id)
    _write(session, request, Deed(workspace_id=of.workspace_id, actor=of.actor, action=action, target=target))


def _note_refusal(session: Session, request: Request, key: str) -> None:
    """In the log of the key's workspace; without such a key there is none, and a line in the log has to do."""
    log.warning("sign_in_refused")
    parsed = parse_key(key)
    if parsed is None:
        return
    try:
        known = get_key(session, parsed[0])
    except NotFound:
        return
    target = to_wire("key", known.id)
    deed = Deed(workspace_id=known.workspace_id, actor="nobody", action="session.refused", target=target)
    _write(session, request, deed)


def _write(session: Session, request: Request, deed: Deed) -> None:
    write_down(session, replace(deed, request_id=request.scope["request_id"]))
