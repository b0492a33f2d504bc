"""Says now and then that this worker is there, so that operators can see who is."""

from __future__ import annotations

import threading

from shared.db.engine import Sessions, transaction
from shared.db.workers import forget_worker, note_worker
from shared.domain.errors import Unavailable
from shared.domain.worker import SEEN_EVERY_S, WorkerFacts
from shared.log import get_logger

log = get_logger(__name__)


class Presence:
    def __init__(self, sessions: Sessions, facts: WorkerFacts, *, every_s: float = SEEN_EVERY_S) -> None:
        self._sessions = sessions
        self._facts = facts
        self._every_s = every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        self._say(here=True)
        while not self._ended.wait(self._every_s):
            self._say(here=True)
        self._say(here=False)

    def _say(self, *, here: bool) -> None:
        try:
            with transaction(self._sessions) as session:
                note_worker(session, self._facts) if here else forget_worker(session, self._facts.name)
        except Unavailable:
            pass  # the next time will do
        except Exception:
            log.exception("presence_failed")
