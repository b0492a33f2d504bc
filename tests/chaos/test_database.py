"""The database loses its connections, is restarted, or falls silent (faults 12 and 13)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from shared.db.claims import CLAIM_LOCK
from shared.db.engine import create_db_engine, create_sessions
from tests.chaos.proxy import Proxy
from tests.chaos.site import Site
from tests.chaos.test_workers import hold
from tests.chaos.waiting import until

OK, UNAVAILABLE = httpx2.codes.OK, httpx2.codes.SERVICE_UNAVAILABLE
AT_ONCE = 24  # more than one thread each, and fewer than the API has


def requests(site: Site, recording: Path, job_id: str) -> list[Callable[[], httpx2.Response]]:
    """One of each kind that needs the database."""
    return [
        lambda: site.client.get(f"/v1/jobs/{job_id}"),
        lambda: site.client.get("/v1/jobs"),
        lambda: site.client.get(f"/v1/jobs/{job_id}/result"),
        lambda: site.client.post(recording, "while-it-is-away"),
    ]


def test_work_goes_on_when_connections_are_ended_again_and_again(site: Site, long_recording: Path) -> None:
    site.fleet.worker()
    job_id = site.client.submit(long_recording)

    def ended_once_more() -> bool:
        site.ground.end_connections()
        return site.is_drained()

    until(ended_once_more, "the job is done")
    assert site.client.end_of(job_id)["state"] == "succeeded"
    site.assert_sound()


@pytest.mark.parametrize("stop", ["stop_postgres", "kill_postgres"])
def test_while_the_database_restarts_the_api_says_so_and_nothing_is_lost(
    site: Site, recording: Path, stop: str
) -> None:
    worker = site.fleet.worker()
    done = site.client.submit(recording)
    site.client.end_of(done)
    job_id = hold(site, worker, recording)
    getattr(site.ground, stop)()
    answers = [request().status_code for request in requests(site, recording, job_id)]
    alive = site.client.get("/healthz").status_code
    worker.resume()
    site.ground.start_postgres()

    assert (answers, alive) == ([UNAVAILABLE] * 4, OK)
    assert site.client.end_of(job_id)["state"] == "succeeded"
    assert site.client.end_of(done)["state"] == "succeeded"
    site.assert_sound()


@pytest.mark.parametrize("silence", [Proxy.hole, Proxy.hold])
def test_no_request_hangs_while_the_database_is_silent(
    site: Site, recording: Path, silence: Callable[[Proxy], None]
) -> None:
    job_id = site.client.submit(recording)
    kinds = requests(site, recording, job_id)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda number: kinds[number % 3](), range(AT_ONCE)))  # connections stand, as in daily use
        silence(site.ground.database)
        answers = list(threads.map(lambda number: kinds[number % 4]().status_code, range(AT_ONCE)))
    alive = site.client.get("/healthz").status_code
    site.ground.heal()

    assert (set(answers), alive) == ({UNAVAILABLE}, OK)
    site.fleet.worker()
    assert site.client.end_of(job_id)["state"] == "succeeded"
    site.assert_sound()


def test_a_worker_goes_on_after_the_database_was_silent(site: Site, recording: Path) -> None:
    worker = site.fleet.worker()
    job_id = hold(site, worker, recording)
    site.ground.database.hole()
    until(lambda: worker.said("lease_lost_without_database"), "the worker gives its step up")
    site.ground.heal()

    assert site.client.end_of(job_id)["state"] == "succeeded"
    site.assert_sound()


def test_a_worker_that_is_cut_off_within_a_transaction_does_not_hold_up_the_others(site: Site, recording: Path) -> None:
    with site.ground.another_way_to_the_database() as way:
        engine = create_db_engine(site.ground.through(way))
        with create_sessions(engine)() as session:
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CLAIM_LOCK})
            way.hole()
            site.fleet.worker()
            job_id = site.client.submit(recording)

            assert site.client.end_of(job_id)["state"] == "succeeded"
            way.cut()
            session.invalidate()
    site.assert_sound()
