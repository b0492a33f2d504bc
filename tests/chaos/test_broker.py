"""The broker is away, silent, forgetful or too eager (faults 4 to 7): it carries hints, and no work."""

from __future__ import annotations

from pathlib import Path

from shared.queue import PERFORM_STEP, create_celery
from tests.chaos.site import Site, uuid_of
from tests.chaos.waiting import until


def hint(site: Site, times: int) -> None:
    app = create_celery(site.ground.environment()["MIEN_BROKER_URL"])
    for _ in range(times):
        app.send_task(PERFORM_STEP, queue="cpu")
    app.close()


def test_without_a_broker_from_the_start_jobs_are_accepted_and_done(site: Site, recording: Path) -> None:
    site.ground.broker.cut()
    site.restart_api()
    site.fleet.worker()
    jobs = [site.client.submit(recording) for _ in range(2)]

    assert {site.client.end_of(job_id)["state"] for job_id in jobs} == {"succeeded"}
    site.assert_sound()


def test_while_the_broker_swallows_everything_jobs_are_accepted_and_done(site: Site, recording: Path) -> None:
    site.fleet.worker()
    site.ground.broker.hole()
    jobs = [site.client.submit(recording) for _ in range(2)]

    assert {site.client.end_of(job_id)["state"] for job_id in jobs} == {"succeeded"}
    assert site.client.get("/readyz").json()["broker"] is False
    site.assert_sound()


def test_jobs_whose_hints_were_flushed_are_done(site: Site, recording: Path) -> None:
    jobs = [site.client.submit(recording) for _ in range(3)]
    site.ground.flush_broker()
    site.fleet.worker()

    def flushed_once_more() -> bool:
        site.ground.flush_broker()
        return site.is_drained()

    until(flushed_once_more, "all jobs are done")
    assert {site.client.end_of(job_id)["state"] for job_id in jobs} == {"succeeded"}
    site.assert_sound()


def test_a_hint_that_comes_ten_times_makes_one_result(site: Site, recording: Path) -> None:
    for _ in range(2):
        site.fleet.worker()
    job_id = site.client.submit(recording)
    hint(site, times=10)

    assert site.client.end_of(job_id)["state"] == "succeeded"
    claims = site.ground.sql("SELECT max(lease_token) FROM step WHERE job_id = :job", job=uuid_of(job_id))
    assert claims[0].max == 1
    site.assert_sound()
