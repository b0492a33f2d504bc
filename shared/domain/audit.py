"""Who did what to which id. No personal content: an entry outlives the erasure of what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from shared.domain.ids import AuditId, WorkspaceId

AuditAction = Literal[
    "result.read",
    "timeline.read",
    "moment.read",
    "artifact.read",
    "video.read",
    "job.erased",
    "job.expired",
    "subject.erased",
    "video.erased",
    "key.created",
    "key.rotated",
    "key.revoked",
    "session.opened",
    "session.refused",
    "session.ended",
    "workspace.created",
    "workspace.changed",
    "audit.read",
]
AUDIT_ACTIONS: tuple[AuditAction, ...] = get_args(AuditAction)


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """What is about to be written down."""

    workspace_id: WorkspaceId
    actor: str
    """`key <id>`, `session`, `session of key <id>`, `command line`, `sweep`, or `nobody` who could prove to be one."""
    action: AuditAction
    target: str
    """The id, as on the wire."""
    request_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry:
    id: AuditId
    deed: Deed
    created_at: datetime
