"""Everything slow is a step, and every step lives under the same lease.

A claim takes the next fair step and gives its bearer a token; only the bearer of
the latest token may write. A process that dies leaves a lease that runs out, and
nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from shared.domain.ids import JobId, WorkspaceId
from shared.domain.job import JobState, Origin
from shared.domain.options import Device

ArtifactKind = Literal["annotated", "playable", "report", "archive"]
ARTIFACT_KINDS: tuple[ArtifactKind, ...] = get_args(ArtifactKind)
StepKind = Literal["fetch", "plan", "segment", "finish", "thumbnails", "annotated", "playable", "report", "archive"]
STEP_KINDS: tuple[StepKind, ...] = get_args(StepKind)
StepState = Literal["ready", "leased", "done", "dead", "canceled"]
STEP_STATES: tuple[StepState, ...] = get_args(StepState)

JOB_KINDS: frozenset[StepKind] = frozenset({"fetch", "plan", "segment", "finish"})
"""Steps that a job waits for; the others only adorn a result that stands."""

DeviceClass = Literal["cpu", "gpu"]
StepClass = Literal["cpu", "gpu", "io", "encode", "write"]
"""What a bearer serves.

`cpu` and `gpu` are steps of an analysis by their device, and `io` is what only moves bytes over a network. Artifacts
have classes of their own, so that nothing that takes long stands in the way of an analysis: `encode` for those that
are encoded, `write` for those that only put together what is there.
"""

CREW_CLASSES: tuple[StepClass, ...] = ("io", "encode", "write")
"""Served by crews beside the analysers of a worker."""

MAX_ATTEMPTS = 3  # analysers that died on one step before it is given up
MAX_LOSSES = 10  # workers that vanished with one step; deployments alone must not fail a job
BACKOFF_S = (2.0, 10.0, 30.0)  # wait after the first, second, third death of an analyser
ENGINE_PATIENCE_S = 600.0  # a job on which nobody works for so long may be computed anew by another engine
TURN_SEGMENTS = 4  # a job that has had so many segments lets jobs go first that have had fewer; then twice as many, …
HARD_BASE_S = 120.0
HARD_PER_MEDIA_S = 10.0


def hard_limit_s(media_s: float) -> float:
    """The longest a step may hold its lease, however often it is renewed."""
    return HARD_BASE_S + HARD_PER_MEDIA_S * media_s


def backoff_s(attempts: int) -> float:
    return BACKOFF_S[min(attempts, len(BACKOFF_S)) - 1]


def devices_served_by(classes: tuple[StepClass, ...]) -> tuple[Device | StepClass, ...]:
    return ("auto", *classes) if {"cpu", "gpu"} & set(classes) else classes


def class_to_hint(device: Device | StepClass) -> StepClass:
    """`auto` work is announced to cpu workers, which gpu workers find by polling; crews are woken by one message."""
    if device == "auto":
        return "cpu"
    return "io" if device in CREW_CLASSES else device


def class_of_artifact(kind: ArtifactKind) -> StepClass:
    return "encode" if kind in ("annotated", "playable") else "write"


@dataclass(frozen=True, kw_only=True, slots=True)
class StepKey:
    job_id: JobId
    kind: StepKind
    index: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A step under a lease, with what is needed to carry it out."""

    key: StepKey
    workspace_id: WorkspaceId
    token: int
    job_state: JobState
    planned: dict[str, Any] | None
    media_s: float
    attempts: int
    rescued: bool = False
    """Taken from a bearer whose lease ran out."""
    waited_s: float = 0.0
    """Since it could have been claimed."""
    origin: Origin = field(default_factory=Origin)
