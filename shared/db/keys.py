"""API keys: the secret is shown once and kept as its sha256."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, or_, select, text, update
from sqlalchemy.orm import Session

from shared.db.ids import new_id
from shared.db.tables import ApiKeyRow, WorkspaceRow
from shared.domain.access import SECRET_BYTES, ApiKey, Principal, Scope, digest, format_key, parse_key, same_digest
from shared.domain.errors import NotFound
from shared.domain.ids import KeyId, WorkspaceId, to_wire

LAST_USED_GRAIN = text("interval '1 minute'")  # a busy key must not cost a write per request


def create_key(
    session: Session,
    workspace_id: WorkspaceId,
    name: str,
    scopes: tuple[Scope, ...],
    expires_at: datetime | None = None,
) -> str:
    """Returns the key's text, which cannot be shown again."""
    key_id, secret = KeyId(new_id()), secrets.token_urlsafe(SECRET_BYTES)
    session.add(
        ApiKeyRow(
            id=key_id,
            workspace_id=workspace_id,
            name=name,
            secret_sha256=digest(secret),
            scopes=list(scopes),
            expires_at=expires_at,
        )
    )
    session.flush()
    return format_key(key_id, secret)


def principal_of_key(session: Session, key: str) -> Principal | None:
    """Who stands behind a key; None when it is malformed, unknown, wrong, expired or revoked."""
    parsed = parse_key(key)
    found = session.execute(_with_standing(), {"key_id": parsed[0]}).first() if parsed else None
    if parsed is None or found is None:
        return None
    row, per_minute, overlaps, stale = found
    given, previous = digest(parsed[1]), row.previous_sha256 if overlaps else None
    if not same_digest(row.secret_sha256, given) and not (previous and same_digest(previous, given)):
        return None
    if stale:
        _note_use(session, KeyId(row.id))
    return Principal(
        workspace_id=WorkspaceId(row.workspace_id),
        scopes=frozenset(row.scopes),  # type: ignore[arg-type]
        actor=f"key {to_wire('key', row.id)}",
        requests_per_minute=per_minute,
    )


@cache
def _with_standing() -> Select[ApiKeyRow, int | None, bool | None, bool]:
    """A key that is good now, whether its previous secret still is, and whether its use should be noted.

    Built once: every request asks this, and building it takes as long as asking.
    """
    return (
        select(ApiKeyRow, WorkspaceRow.requests_per_minute, ApiKeyRow.previous_until > func.now(), _is_stale())
        .join(WorkspaceRow, WorkspaceRow.id == ApiKeyRow.workspace_id)
        .where(ApiKeyRow.id == bindparam("key_id"), is_good())
    )


def is_good() -> ColumnElement[bool]:
    """Neither revoked nor expired."""
    return ApiKeyRow.revoked_at.is_(None) & or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > func.now())


def _is_stale() -> ColumnElement[bool]:
    return or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at < func.now() - LAST_USED_GRAIN)


def _note_use(session: Session, key_id: KeyId) -> None:
    session.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id, _is_stale()).values(last_used_at=func.now()))


def list_keys(session: Session, workspace_id: WorkspaceId | None = None) -> list[ApiKey]:
    """Oldest first, of all workspaces unless one is named."""
    query = _with_workspace()
    if workspace_id is not None:
        query = query.where(ApiKeyRow.workspace_id == workspace_id)
    return [_to_key(row) for row in session.execute(query.order_by(ApiKeyRow.id))]


def get_key(session: Session, key_id: KeyId) -> ApiKey:
    """Raises NotFound."""
    row = session.execute(_with_workspace().where(ApiKeyRow.id == key_id)).first()
    if row is None:
        raise NotFound("there is no such key")
    return _to_key(row)


def rotate_key(session: Session, key_id: KeyId, overlap_s: float) -> str:
    """A new secret under the same id, returned as the key's text; the old one is good for a while longer.

    Raises NotFound, also for a key that was revoked.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    rotated = update(ApiKeyRow).where(ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None))
    done = rotated.values(
        previous_sha256=ApiKeyRow.secret_sha256,
        previous_until=func.now() + timedelta(seconds=overlap_s),
        secret_sha256=digest(secret),
    )
    if session.execute(done.returning(ApiKeyRow.id)).first() is None:
        raise NotFound("there is no such key, or it was revoked")
    return format_key(key_id, secret)


def revoke_key(session: Session, key_id: KeyId) -> bool:
    """False when there is no such key, or it was revoked before."""
    alive = (ApiKeyRow.id == key_id) & ApiKeyRow.revoked_at.is_(None)
    done = session.execute(update(ApiKeyRow).where(alive).values(revoked_at=func.now()).returning(ApiKeyRow.id))
    return done.first() is not None


def _with_workspace() -> Select[ApiKeyRow, str]:
    return select(ApiKeyRow, WorkspaceRow.name).join(WorkspaceRow, WorkspaceRow.id == ApiKeyRow.workspace_id)


def _to_key(row: Row[ApiKeyRow, str]) -> ApiKey:
    key, workspace = row
    return ApiKey(
        id=KeyId(key.id),
        workspace_id=WorkspaceId(key.workspace_id),
        workspace=workspace,
        name=key.name,
        scopes=tuple(key.scopes),  # type: ignore[arg-type]
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )
