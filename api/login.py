"""Sign-in of a browser with the link that Mien prints."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from api.deps import SESSION_COOKIE, Ctx, Db
from api.sessions import keep, note_opened
from shared.db.logins import end_session, find_session, redeem_login_token

router = APIRouter(include_in_schema=False)


@router.get("/login")
def login(
    request: Request, context: Ctx, session: Db, token: str, next_path: Annotated[str, Query(alias="next")] = "/"
) -> RedirectResponse:
    """Trade a single-use token for a session cookie. Where that fails, a page says so and offers another way."""
    had = request.cookies.get(SESSION_COOKIE, "")
    opened = redeem_login_token(session, token)
    if opened is None:
        return RedirectResponse(_after_failure(_own_path(next_path), signed_in=bool(find_session(session, had))), 303)
    end_session(session, had)
    note_opened(session, request, opened.session)
    answer = RedirectResponse(_own_path(next_path), 303)
    keep(request, answer, context, opened)
    return answer


def _after_failure(next_path: str, *, signed_in: bool) -> str:
    """Who opens the same link again in the same browser is signed in already."""
    return next_path if signed_in else f"/sign-in?{urlencode({'why': 'link', 'next': next_path}, safe='/')}"


def _own_path(path: str) -> str:
    """Only paths of this server: a link must not lead elsewhere."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
