"""Sign-in of a browser: a link that works once, then a session behind a cookie."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shared.db.tables import LoginTokenRow, SessionRow, WorkspaceRow
from shared.domain.access import LOGIN_TOKEN_S, SECRET_BYTES, SESSION_S, Principal, Scope, digest
from shared.domain.ids import WorkspaceId

SESSION_SCOPES: frozenset[Scope] = frozenset({"jobs:read", "jobs:write"})


def create_login_token(session: Session, workspace_id: WorkspaceId) -> str:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    expires_at = func.now() + timedelta(seconds=LOGIN_TOKEN_S)
    session.add(LoginTokenRow(secret_sha256=digest(secret), workspace_id=workspace_id, expires_at=expires_at))
    return secret


def redeem_login_token(session: Session, token: str) -> str | None:
    """Trade a token for a session's secret; None when it was used, has expired or never was."""
    spend = delete(LoginTokenRow).where(LoginTokenRow.secret_sha256 == digest(token))
    spent = session.execute(spend.returning(LoginTokenRow.workspace_id, LoginTokenRow.expires_at > func.now())).first()
    if spent is None or not spent[1]:
        return None
    secret = secrets.token_urlsafe(SECRET_BYTES)
    expires_at = func.now() + timedelta(seconds=SESSION_S)
    session.add(SessionRow(secret_sha256=digest(secret), workspace_id=spent[0], expires_at=expires_at))
    return secret


def principal_of_session(session: Session, secret: str) -> Principal | None:
    alive = (SessionRow.secret_sha256 == digest(secret)) & (SessionRow.expires_at > func.now())
    query = select(SessionRow.workspace_id, WorkspaceRow.requests_per_minute)
    found = session.execute(query.join(WorkspaceRow, WorkspaceRow.id == SessionRow.workspace_id).where(alive)).first()
    if found is None:
        return None
    return Principal(
        workspace_id=WorkspaceId(found.workspace_id),
        scopes=SESSION_SCOPES,
        actor="session",
        by_session=True,
        requests_per_minute=found.requests_per_minute,
    )


def forget_expired(session: Session) -> None:
    session.execute(delete(LoginTokenRow).where(LoginTokenRow.expires_at < func.now()))
    session.execute(delete(SessionRow).where(SessionRow.expires_at < func.now()))
