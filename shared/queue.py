"""Hints to workers: "there is work for this class". They may be lost, doubled or late without harm.

What to do is decided in Postgres, so a hint carries nothing else, and giving one
never blocks: a thread of its own publishes, and gives a silent broker a rest.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from celery import Celery

from shared.domain.step import StepClass
from shared.log import get_logger
from shared.metrics import HINTS_FAILED

PERFORM_STEP = "mien.perform_step"
RUN_ERRANDS = "mien.run_errands"
BROKER_TIMEOUT_S = 2.0
REST_S = 5.0  # after a failure, before the broker is tried again

log = get_logger(__name__)


def create_celery(broker_url: str) -> Celery:
    """The Celery application: no result backend, no ETA, no broker-side retries."""
    app = Celery("mien", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_default_queue="cpu",
        task_publish_retry=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=BROKER_TIMEOUT_S,
        broker_transport_options=_transport_options(),
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=True,
    )
    return app


def _transport_options() -> dict[str, Any]:
    return {
        "socket_timeout": BROKER_TIMEOUT_S,
        "socket_connect_timeout": BROKER_TIMEOUT_S,
        "retry_on_timeout": False,
        "max_retries": 0,
    }


class HintPublisher:
    """Publishes hints from a daemon thread; equal ones that wait are sent once."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._waiting: set[StepClass] = set()
        self._wake = threading.Condition()
        self._closed = False
        self.broker_answers = True
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
        self._thread.start()

    def hint(self, step_class: StepClass) -> None:
        """Returns at once, whatever the broker does."""
        with self._wake:
            self._waiting.add(step_class)
            self._wake.notify()

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout=2 * BROKER_TIMEOUT_S)

    def _run(self) -> None:
        while (step_class := self._next()) is not None:
            self._publish(step_class)
            if not self.broker_answers:
                time.sleep(REST_S)

    def _next(self) -> StepClass | None:
        with self._wake:
            self._wake.wait_for(lambda: self._waiting or self._closed)
            return None if self._closed else self._waiting.pop()

    def _publish(self, step_class: StepClass) -> None:
        try:
            task = RUN_ERRANDS if step_class == "io" else PERFORM_STEP
            self._app.send_task(task, queue=step_class, retry=False, ignore_result=True)
            self.broker_answers = True
        except Exception as error:  # noqa: BLE001, the broker's client raises errors of several libraries, and none may matter
            self.broker_answers = False
            HINTS_FAILED.inc()
            log.warning("hint_not_published", step_class=step_class, reason=type(error).__name__)
