"""How often each key may ask: a bucket of tokens per actor, in the memory of one process."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from shared.domain.clock import Monotonic, monotonic_s
from shared.domain.errors import RateLimited

BURST_S = 10.0  # so many seconds' worth of requests may come at once
MAX_BUCKETS = 10_000  # beyond this, buckets that are full again are forgotten


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
        per_s = per_minute / 60
        most = max(1.0, per_s * BURST_S)
        with self._lock:
            now_s = self._clock()
            bucket = self._bucket(actor, most, now_s)
            bucket.tokens = min(most, bucket.tokens + (now_s - bucket.filled_s) * per_s)
            bucket.filled_s = now_s
            if bucket.tokens < 1:
                raise RateLimited(
                    f"at most {per_minute} requests a minute are taken from one key",
                    retry_after_s=(1 - bucket.tokens) / per_s,
                )
            bucket.tokens -= 1

    def _bucket(self, actor: str, most: float, now_s: float) -> _Bucket:
        if actor not in self._buckets:
            if len(self._buckets) >= MAX_BUCKETS:
                self._buckets = {
                    name: bucket for name, bucket in self._buckets.items() if now_s - bucket.filled_s < BURST_S
                }
            self._buckets[actor] = _Bucket(most, now_s)
        return self._buckets[actor]
