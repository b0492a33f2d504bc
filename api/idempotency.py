"""Reads the `Idempotency-Key` of a request, and what it is a key to."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from fastapi import Request

from shared.db.idempotency import IdempotencyKey
from shared.domain.errors import InvalidRequest

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,200}")


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
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    return IdempotencyKey(key=key, operation=operation, fingerprint=hashlib.sha256(canonical).digest())
