"""Sign-in of a browser with the link that Mien prints."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse

from api.deps import SESSION_COOKIE, Ctx, Db
from shared.db.logins import redeem_login_token
from shared.domain.access import SESSION_S

router = APIRouter(include_in_schema=False)


@router.get("/login")
def login(
    context: Ctx, session: Db, token: str, next_path: Annotated[str, Query(alias="next")] = "/"
) -> RedirectResponse:
    """Trade a single-use token for a session cookie. A used or expired link leads to a page that says so."""
    secret = redeem_login_token(session, token)
    if secret is None:
        return RedirectResponse("/signed-out", 303)
    answer = RedirectResponse(_own_path(next_path), 303)
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(SESSION_S),
        httponly=True,
        samesite="lax",
        secure=context.settings.public_url.startswith("https:"),
    )
    return answer


def _own_path(path: str) -> str:
    """Only paths of this server: a link must not lead elsewhere."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
