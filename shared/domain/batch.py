"""A batch: recordings that were submitted together, and are told of together when the last is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.domain.ids import BatchId, WorkspaceId

MAX_BATCH = 200  # jobs; all of them are made in one transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    id: BatchId
    workspace_id: WorkspaceId
    total: int
    counts: dict[str, int]
    """Jobs by their present state."""
    percent: float
    """Mean over the jobs, in which one that is over counts as done however it ended."""
    created_at: datetime
    finished_at: datetime | None
