"""How the deployment stands, as operators see it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.db.figures import Figures, Waiting

QUEUE_EXAMPLE: dict[str, Any] = {
    "open_jobs": {"running": {"count": 2, "oldest_s": 31.5}},
    "claimable_steps": {"segment": {"count": 12, "oldest_s": 4.0}},
    "waiting_by_class": {"auto": {"count": 12, "oldest_s": 4.0}},
    "leased_steps": 4,
    "overdue_leases": 0,
    "due_deliveries": {"count": 0, "oldest_s": 0.0},
    "disabled_endpoints": 0,
}


class WaitingOut(BaseModel):
    count: int
    oldest_s: float

    @classmethod
    def of(cls, waiting: Waiting) -> WaitingOut:
        return cls(count=waiting.count, oldest_s=round(waiting.oldest_s, 1))


class QueueOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [QUEUE_EXAMPLE]})

    open_jobs: dict[str, WaitingOut] = Field(description="by state")
    claimable_steps: dict[str, WaitingOut] = Field(description="by kind: nobody works on them yet")
    waiting_by_class: dict[str, WaitingOut] = Field(description="the same by class of worker; `auto` is cpu or gpu")
    leased_steps: int
    overdue_leases: int
    due_deliveries: WaitingOut
    disabled_endpoints: int

    @classmethod
    def of(cls, figures: Figures) -> QueueOut:
        return cls(
            open_jobs={state: WaitingOut.of(found) for state, found in figures.open_jobs.items()},
            claimable_steps={kind: WaitingOut.of(found) for kind, found in figures.claimable_steps.items()},
            waiting_by_class={name: WaitingOut.of(found) for name, found in figures.waiting_by_class.items()},
            leased_steps=figures.leased_steps,
            overdue_leases=figures.overdue_leases,
            due_deliveries=WaitingOut.of(figures.due_deliveries),
            disabled_endpoints=figures.disabled_endpoints,
        )


class RetentionOut(BaseModel):
    """What holds where a workspace says nothing else."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"video_retention_days": 30, "result_retention_days": 365}]}
    )

    video_retention_days: float
    result_retention_days: float
