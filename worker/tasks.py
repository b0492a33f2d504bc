"""The Celery tasks: shims, because a message is only a hint that there is work."""

from __future__ import annotations

from collections.abc import Sequence

from celery import Celery

from shared.queue import PERFORM_STEP, RUN_ERRANDS
from worker.crew import Crew
from worker.supervisor import Supervisor


def register_tasks(app: Celery, supervisor: Supervisor, crews: Sequence[Crew]) -> None:
    @app.task(name=PERFORM_STEP, ignore_result=True)  # type: ignore[untyped-decorator]
    def perform_step() -> bool:
        return supervisor.perform_next_step()

    @app.task(name=RUN_ERRANDS, ignore_result=True)  # type: ignore[untyped-decorator]
    def run_errands() -> None:
        for crew in crews:
            crew.wake()
