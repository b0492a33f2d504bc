"""Reads the `Idempotency-Key` of a request, what it is a key to, and makes things once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Request
from sqlalchemy.orm import Session

from shared.db.idempotency import IdempotencyKey, find_made, remember_made
from shared.domain.errors import InvalidRequest
from shared.domain.ids import WorkspaceId

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,200}")

Idempotency = Annotated[
    str | None,
    Header(
        alias=HEADER,
        description="the same key with the same content is one request, however often it is sent within a day",
        json_schema_extra={"pattern": "^[!-~]{1,200}$"},  # checked below, so that the error names the header
    ),
]
"""Declares the header; what it says is read with `read_key`."""


def read_key(request: Request) -> str | None:
    """Raises InvalidRequest for a key that is empty, too long or not plain ASCII."""
    key = request.headers.get(HEADER)
    if key is not None and not KEY.fullmatch(key):
        raise InvalidRequest(f"{HEADER} must be 1 to 200 visible ASCII characters", field=HEADER.lower())
    return key


def key_to(key: str | None, operation: str, content: dict[str, Any]) -> IdempotencyKey | None:
    """The key with the fingerprint of everything that was asked for."""
    if key is None:
        return None
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str).encode()
    return IdempotencyKey(key=key, operation=operation, fingerprint=hashlib.sha256(canonical).digest())


def make_once(
    session: Session, workspace_id: WorkspaceId, keyed: IdempotencyKey | None, make: Callable[[Session], UUID]
) -> tuple[UUID, bool]:
    """The id of what the request makes, or made when it came with the same key before; and whether it is new."""
    made = find_made(session, workspace_id, keyed) if keyed else None
    if made is not None:
        return made, False
    made_id = make(session)
    if keyed:
        remember_made(session, workspace_id, keyed, made_id)
    return made_id, True
