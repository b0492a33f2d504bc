"""Jobs and batches, as the server tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict

from mien.errors import JobFailed
from mien.wire import Json

OVER = frozenset({"succeeded", "failed", "canceled", "erased"})
"""The states in which a job stays."""

Purpose = Literal["practice", "coaching", "research", "assessment"]
Priority = Literal["low", "normal", "high"]


class Options(TypedDict, total=False):
    """How a recording is analysed; the server's OpenAPI document has the defaults and the bounds."""

    interval_s: float
    model: str
    detector: str
    faces: Literal["all", "primary"]
    device: Literal["auto", "cpu", "gpu"]
    scoring: str
    keep_video: bool
    thumbnails: bool


class SharedFields(TypedDict, total=False):
    """What may be said about all jobs of a batch."""

    reference: str
    """Your id for the candidate or the session."""
    metadata: Mapping[str, str]
    """Strings of yours, 4 kB in all."""
    purpose: Purpose
    consent_reference: str
    """Required for the purpose `assessment`."""
    priority: Priority
    options: Options


class JobFields(SharedFields, total=False):
    """What may be said about a job besides the recording."""

    webhook_url: str
    """Told of the end of this job."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobProgress:
    samples_done: int = 0
    samples_total: int | None = None
    percent: float = 0.0
    eta_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobError:
    code: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A recording being analysed, as it was when the server was asked; `raw` is the answer as it came."""

    id: str
    state: str
    created_at: datetime
    video_id: str | None = None
    video_name: str | None = None
    reference: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    purpose: str = "practice"
    consent_reference: str | None = None
    priority: str = "normal"
    options: Mapping[str, Any] = field(default_factory=dict)
    progress: JobProgress = field(default_factory=JobProgress)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: JobError | None = None
    retry_of: str | None = None
    batch_id: str | None = None
    traceparent: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    def succeeded(self) -> Job:
        """The job itself. Raises JobFailed when it ended in any other way, or goes on."""
        if self.state != "succeeded":
            raise JobFailed(self)
        return self


@dataclass(frozen=True, kw_only=True, slots=True)
class JobEvent:
    """A change that the server told of as it came."""

    id: str
    """Give it as `last_event_id` to go on from here."""
    type: str
    """`state` or `progress`."""
    job: Job


@dataclass(frozen=True, kw_only=True, slots=True)
class Erasure:
    """The receipt of a job's erasure."""

    job_id: str
    erased_at: datetime
    video_id: str | None = None
    """None: another job still needs the recording."""
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectErasure:
    """The receipt for all that was kept under one reference."""

    erased_at: datetime
    jobs: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    uploads: int = 0
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Several jobs with one status."""

    id: str
    state: str
    created_at: datetime
    total: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many jobs are in which state."""
    percent: float = 0.0
    finished_at: datetime | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_over(self) -> bool:
        return self.state == "finished"
