"""API keys: the secret is shown once and kept as its sha256."""

from __future__ import annotations

import secrets

from sqlalchemy import Row, func, or_, select, text, update
from sqlalchemy.orm import Session

from shared.db.ids import new_id
from shared.db.tables import ApiKeyRow, WorkspaceRow
from shared.domain.access import SECRET_BYTES, ApiKey, Principal, Scope, digest, format_key, parse_key, same_digest
from shared.domain.ids import KeyId, WorkspaceId

LAST_USED_GRAIN = text("interval '1 minute'")  # a busy key must not cost a write per request


def create_key(session: Session, workspace_id: WorkspaceId, name: str, scopes: tuple[Scope, ...]) -> str:
    """Returns the key's text, which cannot be shown again."""
    key_id, secret = KeyId(new_id()), secrets.token_urlsafe(SECRET_BYTES)
    session.add(
        ApiKeyRow(id=key_id, workspace_id=workspace_id, name=name, secret_sha256=digest(secret), scopes=list(scopes))
    )
    return format_key(key_id, secret)


def principal_of_key(session: Session, key: str) -> Principal | None:
    """Who stands behind a key; None when it is malformed, unknown, wrong or revoked."""
    parsed = parse_key(key)
    row = session.get(ApiKeyRow, parsed[0]) if parsed else None
    if parsed is None or row is None or row.revoked_at is not None:
        return None
    if not same_digest(row.secret_sha256, digest(parsed[1])):
        return None
    _note_use(session, KeyId(row.id))
    return Principal(workspace_id=WorkspaceId(row.workspace_id), scopes=frozenset(row.scopes))  # type: ignore[arg-type]


def _note_use(session: Session, key_id: KeyId) -> None:
    stale = or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at < func.now() - LAST_USED_GRAIN)
    session.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id, stale).values(last_used_at=func.now()))


def list_keys(session: Session) -> list[ApiKey]:
    query = select(ApiKeyRow, WorkspaceRow.name).join(WorkspaceRow, WorkspaceRow.id == ApiKeyRow.workspace_id)
    return [_to_key(row) for row in session.execute(query.order_by(ApiKeyRow.id))]


def revoke_key(session: Session, key_id: KeyId) -> bool:
    """False when there is no such key, or it was revoked before."""
    alive = (ApiKeyRow.id == key_id) & ApiKeyRow.revoked_at.is_(None)
    done = session.execute(update(ApiKeyRow).where(alive).values(revoked_at=func.now()).returning(ApiKeyRow.id))
    return done.first() is not None


def _to_key(row: Row[ApiKeyRow, str]) -> ApiKey:
    key, workspace = row
    return ApiKey(
        id=KeyId(key.id),
        workspace=workspace,
        name=key.name,
        scopes=tuple(key.scopes),  # type: ignore[arg-type]
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )
