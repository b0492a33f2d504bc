"""A batch as clients send it and as they see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.job import Address, JobIn
from shared.domain.batch import MAX_BATCH, Batch
from shared.domain.ids import to_wire
from shared.domain.links import Links

BATCH_ID = "bat_0193f2c4b0a17c8d9e0f1a2b3c4d5e6f"
BATCH_EXAMPLE: dict[str, Any] = {
    "id": BATCH_ID,
    "state": "running",
    "total": 3,
    "counts": {"running": 1, "succeeded": 2},
    "percent": 81.5,
    "created_at": "2026-11-22T09:00:00Z",
    "finished_at": None,
    "links": {
        "self": f"https://mien.example/v1/batches/{BATCH_ID}",
        "jobs": f"https://mien.example/v1/jobs?batch={BATCH_ID}",
    },
}


class BatchIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    jobs: list[JobIn] = Field(min_length=1, max_length=MAX_BATCH, description="all of them are accepted, or none")
    webhook_url: Address | None = Field(
        default=None, description="told once, of the end of the batch; signed with the workspace's secret"
    )


class BatchLinks(BaseModel):
    self: str
    jobs: str


class BatchOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [BATCH_EXAMPLE]})

    id: str
    state: Literal["running", "finished"] = Field(description="finished: every job is over, however it ended")
    total: int
    counts: dict[str, int] = Field(description="jobs by state")
    percent: float
    created_at: datetime
    finished_at: datetime | None
    links: BatchLinks

    @classmethod
    def of(cls, batch: Batch, links: Links) -> BatchOut:
        batch_id = to_wire("bat", batch.id)
        return cls(
            id=batch_id,
            state="running" if batch.finished_at is None else "finished",
            total=batch.total,
            counts=batch.counts,
            percent=batch.percent,
            created_at=batch.created_at,
            finished_at=batch.finished_at,
            links=BatchLinks(**links.of_batch(batch_id)),
        )


class BatchPage(BaseModel):
    items: list[BatchOut]
    next_cursor: str | None = Field(description="pass it as `cursor` for the next page; null on the last one")
