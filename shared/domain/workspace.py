"""A tenant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.domain.ids import WorkspaceId


@dataclass(frozen=True, kw_only=True, slots=True)
class Workspace:
    id: WorkspaceId
    name: str
    max_running_segments: int | None
    """Segments of its jobs that may be worked on at once, by all workers together; None: no limit."""
    created_at: datetime
