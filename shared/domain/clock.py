"""The only place that reads the clock; everything else is handed the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
Monotonic = Callable[[], float]


def utc_now() -> datetime:
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Seconds that never run backwards, for measuring how long something takes."""
    return time.monotonic()
