"""The Celery task: a shim, because a message is only a hint that there is work."""

from __future__ import annotations

from celery import Celery

from shared.queue import PERFORM_STEP
from worker.supervisor import Supervisor


def register_tasks(app: Celery, supervisor: Supervisor) -> None:
    @app.task(name=PERFORM_STEP, ignore_result=True)  # type: ignore[untyped-decorator]
    def perform_step() -> bool:
        return supervisor.perform_next_step()
