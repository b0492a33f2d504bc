"""Asks Postgres for work when messages fail to come."""

from __future__ import annotations

import threading

from shared.log import get_logger
from shared.queue import HintPublisher
from worker.supervisor import Supervisor

log = get_logger(__name__)


class Poller:
    """One thread per analyser claims every `poll_s` seconds while that analyser is idle.

    After a step it leaves the next one to a message, unless the broker does not answer.
    """

    def __init__(self, supervisor: Supervisor, hints: HintPublisher, *, threads: int, poll_s: float) -> None:
        self._supervisor = supervisor
        self._hints = hints
        self._poll_s = poll_s
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, name=f"poller-{n}", daemon=True) for n in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float) -> None:
        self._ended.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout_s)

    def _run(self) -> None:
        while not self._ended.is_set():
            if not self._step() or self._hints.broker_answers:
                self._ended.wait(self._poll_s)

    def _step(self) -> bool:
        try:
            return self._supervisor.perform_next_step()
        except Exception:
            log.exception("poll_failed")
            return False
