from __future__ import annotations

from datetime import UTC, datetime

from shared.db.engine import Sessions
from shared.db.workers import forget_lost_workers, list_workers, note_worker
from shared.domain.worker import WorkerFacts
from tests.chaos.waiting import until
from tests.factories import a_bearer, claim, job_up_to
from worker.presence import Presence

FACTS = WorkerFacts(
    name=a_bearer().name,
    classes=("cpu", "io"),
    engine="litert",
    analysers=2,
    version="0.1.0",
    started_at=datetime(2026, 11, 22, tzinfo=UTC),
)


def seen(sessions: Sessions) -> list[tuple[str, int]]:
    with sessions.begin() as session:
        return [(worker.facts.name, worker.leases) for worker in list_workers(session)]


def test_a_worker_is_listed_from_its_start_to_its_end_with_what_it_works_on(sessions: Sessions) -> None:
    job_up_to(sessions, "running")
    claim(sessions)
    presence = Presence(sessions, FACTS, every_s=0.05)
    presence.start()
    until(lambda: seen(sessions) == [(FACTS.name, 1)], "the worker is listed")

    presence.stop(timeout_s=5.0)
    assert seen(sessions) == []


def test_a_worker_that_died_without_a_word_is_forgotten_after_a_day(sessions: Sessions) -> None:
    with sessions.begin() as session:
        note_worker(session, FACTS)
        forget_lost_workers(session)
    assert seen(sessions) == [(FACTS.name, 0)]
