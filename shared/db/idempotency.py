"""A request that is sent again with its key finds what the first one made, for a day.

The key is written in the transaction that makes the thing itself, so that there is
never one without the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shared.db.tables import IdempotencyKeyRow
from shared.domain.errors import KeyInFlight, KeyReused
from shared.domain.ids import WorkspaceId

KEPT = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True, slots=True)
class IdempotencyKey:
    key: str
    operation: str
    fingerprint: bytes
    """Hash of all that was asked for, the file's included."""


def find_made(session: Session, workspace_id: WorkspaceId, wanted: IdempotencyKey) -> UUID | None:
    """The id of what this request made before; None when it is the first, which then holds the key to its end.

    Raises KeyInFlight while another transaction holds the key, KeyReused when it named something else.
    """
    name = func.hashtextextended(f"{workspace_id}:{wanted.key}", 0)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(name))):
        raise KeyInFlight("the first request with this key is being answered; send it again in a moment")
    row = session.get(IdempotencyKeyRow, (workspace_id, wanted.key))
    if row is None:
        return None
    if session.scalar(select(row.created_at < func.now() - KEPT)):
        session.delete(row)
        session.flush()
        return None
    if (row.operation, row.fingerprint) != (wanted.operation, wanted.fingerprint):
        raise KeyReused("this Idempotency-Key came with another request before; use a new key for each")
    return row.made_id


def remember_made(session: Session, workspace_id: WorkspaceId, wanted: IdempotencyKey, made_id: UUID) -> None:
    session.add(
        IdempotencyKeyRow(
            workspace_id=workspace_id,
            key=wanted.key,
            operation=wanted.operation,
            fingerprint=wanted.fingerprint,
            made_id=made_id,
        )
    )


def forget_old_keys(session: Session) -> None:
    session.execute(delete(IdempotencyKeyRow).where(IdempotencyKeyRow.created_at < func.now() - KEPT))
