"""Tells endpoints that asked for it how far jobs are: best effort, never stored, never tried again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from shared.db.engine import Sessions, transaction
from shared.db.ids import new_id
from shared.db.listeners import Listener, progress_listeners
from shared.domain.clock import Clock, Monotonic, monotonic_s, utc_now
from shared.domain.delivery import ANSWER_S
from shared.domain.ids import EndpointId, JobId, to_wire
from shared.outbound.client import OutboundClient
from shared.outbound.errors import NoAnswer
from shared.webhooks.payload import PayloadPolicy, progress_body
from shared.webhooks.signing import signed_headers

EVERY_S = 10.0
THREADS = 4


@dataclass(kw_only=True, slots=True)
class ProgressTeller:
    """Belongs to the sweep, of which one acts at a time.

    An endpoint that has not answered yet hears nothing meanwhile: the next word says more than the last.
    """

    sessions: Sessions
    client: OutboundClient
    policy: PayloadPolicy
    clock: Monotonic = monotonic_s
    now: Clock = utc_now
    _told: dict[tuple[JobId, EndpointId], int] = field(default_factory=dict)
    _busy: set[EndpointId] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "progress"))
    _next_s: float = 0.0

    def tell(self) -> None:
        """Does nothing when it was called less than ten seconds ago. Raises Unavailable."""
        if self.clock() < self._next_s:
            return
        self._next_s = self.clock() + EVERY_S
        with transaction(self.sessions) as session:
            listeners = progress_listeners(session)
        self._told = {key: done for key, done in self._told.items() if key in {_key(one) for one in listeners}}
        for listener in listeners:
            if self._is_news(listener):
                self._threads.submit(self._send, listener)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _is_news(self, listener: Listener) -> bool:
        done = listener.job.progress.samples_done
        with self._lock:
            if listener.endpoint_id in self._busy or self._told.get(_key(listener), 0) >= done:
                return False
            self._busy.add(listener.endpoint_id)
        self._told[_key(listener)] = done
        return True

    def _send(self, listener: Listener) -> None:
        try:
            body = progress_body(listener.job, self.now(), self.policy)
            headers = signed_headers(to_wire("evt", new_id()), self.now(), body, listener.signing)
            headers["content-type"] = "application/json"
            with self.client.open("POST", listener.url, headers=headers, content=body, limit_s=ANSWER_S):
                pass
        except NoAnswer:
            pass  # the end of the job is told in any case
        finally:
            with self._lock:
                self._busy.discard(listener.endpoint_id)


def _key(listener: Listener) -> tuple[JobId, EndpointId]:
    return listener.job.id, listener.endpoint_id
