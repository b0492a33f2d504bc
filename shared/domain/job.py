"""A job: one recording to be analysed once. Its states are data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from shared.domain.errors import StateConflict
from shared.domain.ids import BatchId, JobId, VideoId, WorkspaceId
from shared.domain.options import Options
from shared.domain.purpose import Purpose

JobState = Literal[
    "queued", "planning", "running", "finishing", "canceling", "succeeded", "failed", "canceled", "erased"
]
JOB_STATES: tuple[JobState, ...] = get_args(JobState)

EDGES: dict[JobState, frozenset[JobState]] = {
    "queued": frozenset({"planning", "failed", "canceled", "erased"}),
    "planning": frozenset({"running", "failed", "canceling", "canceled", "erased"}),
    "running": frozenset({"finishing", "failed", "canceling", "canceled", "erased"}),
    "finishing": frozenset({"succeeded", "failed", "canceling", "canceled", "erased"}),
    "canceling": frozenset({"canceled", "erased"}),
    "succeeded": frozenset({"erased"}),
    "failed": frozenset({"erased"}),
    "canceled": frozenset({"erased"}),
    "erased": frozenset(),
}
TERMINAL: frozenset[JobState] = frozenset({"succeeded", "failed", "canceled", "erased"})
RETRIABLE: frozenset[JobState] = frozenset({"failed", "canceled"})
WORKING: frozenset[JobState] = frozenset({"queued", "planning", "running", "finishing"})

Priority = Literal["low", "normal", "high"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)


def check_edge(before: JobState, after: JobState) -> None:
    """Raises StateConflict when no such edge exists."""
    if after not in EDGES[before]:
        raise StateConflict(f"a job that is {before} cannot become {after}")


def states_before(after: JobState) -> tuple[JobState, ...]:
    """All states with an edge to `after`: what the WHERE of the update names."""
    return tuple(state for state in JOB_STATES if after in EDGES[state])


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRequest:
    """What a client says about a job besides the recording itself."""

    options: Options = field(default_factory=Options)
    purpose: Purpose = "practice"
    consent_reference: str | None = None
    reference: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    priority: Priority = "normal"
    webhook_url: str | None = None
    """Told of the end of this job, besides the workspace's endpoints."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a job came from, so that log lines of all processes can be put together."""

    request_id: str | None = None
    traceparent: str | None = None
    """As W3C Trace Context writes it, from the client's tracing."""

    def to_dict(self) -> dict[str, str]:
        """What log lines carry: the ids that are known."""
        trace_id = self.traceparent.split("-")[1] if self.traceparent else None
        return {name: text for name, text in (("request_id", self.request_id), ("trace_id", trace_id)) if text}


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    samples_done: int
    samples_total: int | None
    eta_s: float | None

    @property
    def percent(self) -> float:
        if not self.samples_total:
            return 0.0
        return round(100 * min(self.samples_done / self.samples_total, 1.0), 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    id: JobId
    workspace_id: WorkspaceId
    video_id: VideoId
    request: JobRequest
    state: JobState
    version: int
    progress: Progress
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    error_detail: str | None
    engine: str | None
    plan: dict[str, Any] | None
    """The plan without its segments, once there is one."""
    retry_of: JobId | None = None
    batch_id: BatchId | None = None
    video_name: str | None = None
    """The name of the recording's file, while there is one."""
    origin: Origin = field(default_factory=Origin)

    @property
    def tag(self) -> str:
        """Changes whenever what readers see of the job does."""
        return f"{self.version}-{self.progress.samples_done}"

    @property
    def is_over(self) -> bool:
        return self.state in TERMINAL
