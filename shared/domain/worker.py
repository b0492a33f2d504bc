"""A worker process, as operators see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SEEN_EVERY_S = 10.0  # how often a worker says that it is there
FORGOTTEN_DAYS = 1.0  # a worker that died without a word is listed for so long


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerFacts:
    """What a worker says of itself."""

    name: str
    classes: tuple[str, ...]
    engine: str
    analysers: int
    version: str
    started_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerSeen:
    facts: WorkerFacts
    seen_at: datetime
    leases: int
    """Steps that it works on now."""
