"""A tenant, and how much it may have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.domain.ids import WorkspaceId


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkspaceLimits:
    """None: no limit, or what the deployment's settings say."""

    max_running_segments: int | None = None
    """Segments of its jobs that may be worked on at once, by all workers together."""
    max_open_jobs: int | None = None
    """Jobs that are not over."""
    max_jobs_per_day: int | None = None
    """Jobs accepted in any 24 hours."""
    max_stored_bytes: int | None = None
    """Recordings that are kept, with the declared lengths of uploads under way."""
    requests_per_minute: int | None = None
    """Of each of its keys, at each API process."""
    video_retention_days: float | None = None
    result_retention_days: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Workspace:
    id: WorkspaceId
    name: str
    limits: WorkspaceLimits
    created_at: datetime
