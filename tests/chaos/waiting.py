"""Waits for conditions, never for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 120.0  # a condition that has not come true by then will not
LOOK_S = 0.03


def until(condition: Callable[[], T | None], what: str, patience_s: float = PATIENCE_S) -> T:
    """Return what the condition gave when it came true."""
    deadline = time.monotonic() + patience_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {patience_s:.0f} s"
        time.sleep(LOOK_S)
    return value
