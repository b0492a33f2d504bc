"""Telling others: events, the endpoints that want them, and when a delivery is tried again.

The schedule and the headers are those of Standard Webhooks (github.com/standard-webhooks).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from shared.domain.ids import DeliveryId, EndpointId, EventId, JobId, WorkspaceId

EventType = Literal[
    "job.succeeded",
    "job.failed",
    "job.canceled",
    "job.erased",
    "batch.finished",
    "job.progress",
    "endpoint.test",
    "endpoint.disabled",
]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
ON_REQUEST: frozenset[EventType] = frozenset({"job.progress"})
"""Only for endpoints that name it: sent on the way, best effort, never stored."""

EndpointState = Literal["active", "disabled", "deleted"]
ENDPOINT_STATES: tuple[EndpointState, ...] = get_args(EndpointState)
DeliveryState = Literal["ready", "leased", "delivered", "dead", "canceled"]
DELIVERY_STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)

DELAYS_S = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
"""Wait before each try, counted from the one before: Standard Webhooks' recommendation, three days in all."""
JITTER = 0.2  # of a delay, so that what failed together is not tried again together
MAX_RETRY_AFTER_S = 86400.0  # a receiver may ask for a pause, but not for silence
ANSWER_S = 15.0  # a receiver that has not answered by then has failed
LEAST_DELIVERY_LEASE_S = ANSWER_S + 10.0  # nothing renews it, so it must outlast the slowest answer
ANSWER_BYTES = 1024  # of an answer that are kept
MAX_DELIVERY_LOSSES = 10  # senders that vanished with one delivery
FAILING_DAYS = 5.0  # an endpoint that only failed for so long is disabled
SECRET_OVERLAP_S = 86400.0  # after a rotation both secrets sign for a day

GONE = 410
ASKS_FOR_A_PAUSE = frozenset({429, 503})


@dataclass(frozen=True, kw_only=True, slots=True)
class Signing:
    """The secrets that sign for a receiver: two while they rotate."""

    secret: str
    previous: str | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.secret,) if self.previous is None else (self.secret, self.previous)


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    id: EndpointId
    workspace_id: WorkspaceId
    url: str
    event_types: tuple[EventType, ...]
    """Empty: all that are stored."""
    description: str | None
    state: EndpointState
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    id: EventId
    workspace_id: WorkspaceId
    type: EventType
    job_id: JobId | None
    data: dict[str, Any] | None
    """What is told of an event without a job; that of a job is read from it when it is sent."""
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of one try: a status, or an error where there was no answer."""

    status: int | None
    latency_s: float
    error: str | None = None
    answer: str | None = None
    retry_after_s: float | None = None

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    number: int
    outcome: Outcome
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    id: DeliveryId
    event: Event
    endpoint_id: EndpointId | None
    """None: the address that came with the job."""
    url: str
    state: DeliveryState
    attempts: tuple[Attempt, ...]
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryClaim:
    """A delivery under a lease, with all that sending it needs."""

    id: DeliveryId
    token: int
    event: Event
    endpoint_id: EndpointId | None
    url: str
    signing: Signing


def delay_before_next_s(tries: int, outcome: Outcome, random: Callable[[], float]) -> float | None:
    """How long to wait after so many tries in vain; None when it was the last.

    Args:
        random: Uniform in [0, 1).
    """
    if tries >= len(DELAYS_S):
        return None
    delay_s = DELAYS_S[tries] * (1 + JITTER * random())
    if outcome.status in ASKS_FOR_A_PAUSE and outcome.retry_after_s is not None:
        delay_s = max(delay_s, min(outcome.retry_after_s, MAX_RETRY_AFTER_S))
    return delay_s


def is_wanted(event_type: EventType, chosen: tuple[EventType, ...]) -> bool:
    """Whether an endpoint that chose these types is told of this one."""
    return event_type in chosen if chosen or event_type in ON_REQUEST else True
