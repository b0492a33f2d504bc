"""When a request is sent again, and after which pause."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from mien.errors import MienError, Problem, TooMany, Unreachable

TRY_LATER = frozenset({502, 503, 504})
"""From the server or from a proxy before it; the request may have been carried out all the same."""
BUSY = frozenset({"idempotency_key_in_flight", "upload_locked"})
"""Another request is at work, be it the first try of this one; nothing was done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    """How patient a client is.

    Attributes:
        for_s: No attempt begins later than this after the first of the failures in a row; 0: nothing is retried.
        first_s: The first pause, which doubles with every failure; up to half of each is left out at random.
        longest_s: No pause is longer, unless the server asks for it with `Retry-After`.
    """

    for_s: float = 30.0
    first_s: float = 0.5
    longest_s: float = 15.0
    random: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic

    def pause_s(self, failures: int) -> float:
        """After so many failures in a row."""
        full_s = min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 16))
        return full_s * (1 - self.random() / 2)


class Streak:
    """Failures in a row."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self.forget()

    def forget(self) -> None:
        """Something went well."""
        self._failures = 0
        self._began_s: float | None = None

    def pause_s(self, error: MienError) -> float:
        """How long to wait now. Raises the error when that is longer than there is patience for."""
        now_s = self._retry.clock()
        self._began_s = now_s if self._began_s is None else self._began_s
        self._failures += 1
        pause_s = self._retry.pause_s(self._failures)
        if isinstance(error, Problem) and error.retry_after_s is not None:
            pause_s = max(pause_s, error.retry_after_s)
        if now_s + pause_s > self._began_s + self._retry.for_s:
            raise error
        return pause_s


def may_repeat(error: MienError, *, repeatable: bool) -> bool:
    """Whether sending it again can help, and cannot do it twice."""
    if isinstance(error, Unreachable):
        return repeatable or not error.sent
    if isinstance(error, Problem):
        return isinstance(error, TooMany) or error.code in BUSY or (repeatable and error.status in TRY_LATER)
    return False
