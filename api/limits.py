"""How often each key may ask, and each address may fail: buckets of tokens, in the memory of one process."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from shared.domain.clock import Monotonic, monotonic_s
from shared.domain.errors import RateLimited

BURST_S = 10.0  # so many seconds' worth of requests may come at once
MAX_BUCKETS = 10_000  # beyond this, buckets that are full again are forgotten
FAILURES_PER_MINUTE = 30  # sign-ins that fail, of one address: five at once, then one every two seconds


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_s: float


class RateLimits:
    def __init__(self, clock: Monotonic = monotonic_s) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, actor: str, per_minute: int) -> None:
        """Count one request. Raises RateLimited, with the time after which one more is taken; 0 means no limit."""
        if per_minute <= 0:
            return
        with self._lock:
            bucket = self._filled(actor, per_minute / 60)
            if bucket.tokens < 1:
                raise RateLimited(
                    f"at most {per_minute} requests a minute are taken from one key",
                    retry_after_s=(1 - bucket.tokens) * 60 / per_minute,
                )
            bucket.tokens -= 1

    def refuse_guesser(self, address: str) -> None:
        """Raises RateLimited for an address from which too many sign-ins failed; see `note_failure`."""
        with self._lock:
            bucket = self._filled(_guesses_of(address), FAILURES_PER_MINUTE / 60)
            if bucket.tokens < 1:
                raise RateLimited(
                    "too many sign-ins from this address failed",
                    retry_after_s=(1 - bucket.tokens) * 60 / FAILURES_PER_MINUTE,
                )

    def note_failure(self, address: str) -> None:
        with self._lock:
            bucket = self._filled(_guesses_of(address), FAILURES_PER_MINUTE / 60)
            bucket.tokens = max(0.0, bucket.tokens - 1)

    def _filled(self, actor: str, per_s: float) -> _Bucket:
        """With what has flowed into it since it was last looked at. The caller holds the lock."""
        most = max(1.0, per_s * BURST_S)
        now_s = self._clock()
        bucket = self._bucket(actor, most, now_s)
        bucket.tokens = min(most, bucket.tokens + (now_s - bucket.filled_s) * per_s)
        bucket.filled_s = now_s
        return bucket

    def _bucket(self, actor: str, most: float, now_s: float) -> _Bucket:
        if actor not in self._buckets:
            if len(self._buckets) >= MAX_BUCKETS:
                self._buckets = {
                    name: bucket for name, bucket in self._buckets.items() if now_s - bucket.filled_s < BURST_S
                }
            self._buckets[actor] = _Bucket(most, now_s)
        return self._buckets[actor]


def _guesses_of(address: str) -> str:
    return f"guesses of {address}"
