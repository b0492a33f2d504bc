"""Who may ask for what: keys, scopes, and the principal behind a request."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from shared.domain.errors import Forbidden
from shared.domain.ids import KeyId, WorkspaceId, to_wire

Scope = Literal["jobs:read", "jobs:write", "webhooks", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
SESSION_SCOPES: tuple[Scope, ...] = ("jobs:read", "jobs:write")
"""Of a session by a link that was made for nothing more."""
LOOPBACK = ("127.0.0.1", "::1")
KEY_OVERLAP_S = 86400.0  # after a rotation both secrets of a key are good for a day, unless told otherwise
SECRET_BYTES = 32  # 256 bits: guessing is hopeless, so a plain sha256 guards them well enough
LOGIN_TOKEN_S = 600.0
SESSION_S = 30 * 86400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    workspace_id: WorkspaceId
    scopes: frozenset[Scope]
    actor: str
    """As the audit log names who asks: `key <id>`, `session`, or `session of key <id>`."""
    by_session: bool = False
    requests_per_minute: int | None = None
    """Of its workspace; None: as the deployment has it."""

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes and "admin" not in self.scopes:
            what = "a sign-in" if self.by_session else "a key"
            raise Forbidden(f"this needs {what} with the scope '{scope}'")


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    id: KeyId
    workspace_id: WorkspaceId
    workspace: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BrowserSession:
    """A signed-in browser."""

    workspace_id: WorkspaceId
    workspace: str
    scopes: tuple[Scope, ...]
    expires_at: datetime
    key_id: KeyId | None
    """The key that opened it; None: a link did."""
    requests_per_minute: int | None

    @property
    def actor(self) -> str:
        return f"session of key {to_wire('key', self.key_id)}" if self.key_id else "session"

    def principal(self) -> Principal:
        return Principal(
            workspace_id=self.workspace_id,
            scopes=frozenset(self.scopes),
            actor=self.actor,
            by_session=True,
            requests_per_minute=self.requests_per_minute,
        )


def in_order(scopes: Iterable[str]) -> tuple[Scope, ...]:
    """The known ones of them, once each, as they are listed everywhere."""
    named = set(scopes)
    return tuple(scope for scope in SCOPES if scope in named)


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def same_digest(left: bytes, right: bytes) -> bool:
    return hmac.compare_digest(left, right)


def may_read_metrics(token: str, authorization: str | None, peer: str) -> bool:
    """With a token set, only who sends it as a bearer; without one, only who asks from this machine."""
    if token:
        return same_digest(digest(authorization or ""), digest(f"Bearer {token}"))
    return peer in LOOPBACK


def format_key(key_id: KeyId, secret: str) -> str:
    return f"mien_{key_id.hex}_{secret}"


def parse_key(text: str) -> tuple[KeyId, str] | None:
    """The id and the secret of `mien_<id>_<secret>`; None for anything else."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != "mien" or not parts[2]:
        return None
    try:
        return KeyId(UUID(hex=parts[1])), parts[2]
    except ValueError:
        return None
