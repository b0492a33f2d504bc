"""Threads for what only waits for others: deliveries, and recordings that are fetched."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from shared.log import get_logger

log = get_logger(__name__)

Errand = Callable[[], None]


class Crew:
    """Looks for errands every `poll_s` seconds, and at once when woken or when a thread becomes free.

    One thread looks for all, so that an idle crew costs one query at a time.

    Args:
        size: Errands that may be under way at once.
        find: Claims the next one, or None when there is none.
    """

    def __init__(self, name: str, size: int, find: Callable[[], Errand | None], *, poll_s: float) -> None:
        self._find = find
        self._poll_s = poll_s
        self._free = threading.Semaphore(size)
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._threads = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._looker = threading.Thread(target=self._look, name=f"{name}-looker", daemon=True)

    def start(self) -> None:
        self._looker.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    def stop(self, timeout_s: float) -> None:
        """Begin no errand any more. Those under way end by themselves, as the process waits for them."""
        self._ended.set()
        self._woken.set()
        if self._looker.is_alive():
            self._looker.join(timeout_s)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _look(self) -> None:
        while not self._ended.is_set():
            self._woken.clear()
            if not self._begin_next():
                self._woken.wait(self._poll_s)

    def _begin_next(self) -> bool:
        if not self._free.acquire(timeout=self._poll_s):
            return True
        try:
            errand = None if self._ended.is_set() else self._find()
        except Exception:
            log.exception("errand_not_found")
            errand = None
        if errand is None:
            self._free.release()
            return False
        self._threads.submit(self._run, errand)
        return True

    def _run(self, errand: Errand) -> None:
        try:
            errand()
        except Exception:
            log.exception("errand_failed")
        finally:
            self._free.release()
