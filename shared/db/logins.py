"""Sign-in of a browser: a link that works once, or a key, and then a session behind a cookie."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, func, or_, select
from sqlalchemy.orm import Session

from shared.db.keys import is_good, principal_of_key
from shared.db.tables import ApiKeyRow, LoginTokenRow, SessionRow, WorkspaceRow
from shared.domain.access import (
    LOGIN_TOKEN_S,
    SECRET_BYTES,
    SESSION_S,
    SESSION_SCOPES,
    BrowserSession,
    Scope,
    digest,
    in_order,
    parse_key,
)
from shared.domain.ids import KeyId, WorkspaceId


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedSession:
    secret: str
    """For the cookie; only its sha256 is kept."""
    session: BrowserSession


def create_login_token(session: Session, workspace_id: WorkspaceId, scopes: Sequence[Scope] = SESSION_SCOPES) -> str:
    """Good for one sign-in, of a session with these scopes."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    session.add(
        LoginTokenRow(
            secret_sha256=digest(secret),
            workspace_id=workspace_id,
            scopes=list(scopes),
            expires_at=func.now() + timedelta(seconds=LOGIN_TOKEN_S),
        )
    )
    return secret


def redeem_login_token(session: Session, token: str) -> OpenedSession | None:
    """Trade a token for a session; None when it was used, has expired or never was."""
    spend = delete(LoginTokenRow).where(LoginTokenRow.secret_sha256 == digest(token))
    left = (LoginTokenRow.workspace_id, LoginTokenRow.scopes, LoginTokenRow.expires_at > func.now())
    spent = session.execute(spend.returning(*left)).first()
    if spent is None or not spent[2]:
        return None
    return _open(session, SessionRow(workspace_id=spent[0], scopes=spent[1]))


def open_session(session: Session, key: str) -> OpenedSession | None:
    """Sign in with a key; None when the key is malformed, unknown, wrong, expired or revoked."""
    principal, parsed = principal_of_key(session, key), parse_key(key)
    if principal is None or parsed is None:
        return None
    key_id, secret = parsed
    row = SessionRow(workspace_id=principal.workspace_id, scopes=list(in_order(principal.scopes)))
    row.key_id, row.key_sha256 = key_id, digest(secret)
    return _open(session, row)


def _open(session: Session, row: SessionRow) -> OpenedSession:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    key_ends = select(ApiKeyRow.expires_at).where(ApiKeyRow.id == row.key_id).scalar_subquery()
    row.secret_sha256 = digest(secret)
    row.expires_at = func.least(func.now() + timedelta(seconds=SESSION_S), key_ends)
    session.add(row)
    session.flush()
    opened = find_session(session, secret)
    assert opened is not None
    return OpenedSession(secret=secret, session=opened)


def find_session(session: Session, secret: str) -> BrowserSession | None:
    """None when it ended, has expired or never was, or when the key that opened it is no longer good."""
    found = session.execute(_alive(), {"digest": digest(secret)}).first()
    if found is None:
        return None
    row, workspace, per_minute = found
    return BrowserSession(
        workspace_id=WorkspaceId(row.workspace_id),
        workspace=workspace,
        scopes=in_order(row.scopes),
        expires_at=row.expires_at,
        key_id=KeyId(row.key_id) if row.key_id else None,
        requests_per_minute=per_minute,
    )


@cache
def _alive() -> Select[Any, Any, Any]:
    """Built once: every request of a page asks this."""
    alive = (SessionRow.secret_sha256 == bindparam("digest")) & (SessionRow.expires_at > func.now())
    return (
        select(SessionRow, WorkspaceRow.name, WorkspaceRow.requests_per_minute)
        .join(WorkspaceRow, WorkspaceRow.id == SessionRow.workspace_id)
        .outerjoin(ApiKeyRow, ApiKeyRow.id == SessionRow.key_id)
        .where(alive, or_(SessionRow.key_id.is_(None), and_(is_good(), _secret_is_good())))
    )


def _secret_is_good() -> ColumnElement[bool]:
    """Rotation ends sessions as well: who keeps a secret too long must not keep a session of it either."""
    previous = and_(ApiKeyRow.previous_sha256 == SessionRow.key_sha256, ApiKeyRow.previous_until > func.now())
    return or_(ApiKeyRow.secret_sha256 == SessionRow.key_sha256, previous)


def end_session(session: Session, secret: str) -> None:
    session.execute(delete(SessionRow).where(SessionRow.secret_sha256 == digest(secret)))


def forget_expired(session: Session) -> None:
    session.execute(delete(LoginTokenRow).where(LoginTokenRow.expires_at < func.now()))
    session.execute(delete(SessionRow).where(SessionRow.expires_at < func.now()))
