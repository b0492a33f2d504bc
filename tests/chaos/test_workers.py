"""Analysers and workers die, hang and come back (faults 8 to 11 and 22)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.crash import CrashPoint
from tests.chaos.fleet import Member, send
from tests.chaos.site import Site, uuid_of
from tests.chaos.waiting import until

OFF_BY_AN_HOUR = """
import time, runpy
from datetime import UTC, datetime
import shared.domain.clock as clock
true_time = time.time
time.time = lambda: true_time() + ({shift})
clock.utc_now = lambda: datetime.fromtimestamp(time.time(), UTC)
runpy.run_module("cli", run_name="__main__", alter_sys=True)
"""


def hold(site: Site, worker: Member, recording: Path) -> str:
    """A job whose plan a worker bears, and with which it cannot go on: its analyser is stopped."""
    until(site.is_drained, "the worker is idle")
    send(signal.SIGSTOP, worker.analysers())
    job_id = site.client.submit(recording)
    since = site.until_leased(job_id).leased_until
    until(lambda: site.step(job_id, "plan").leased_until != since, "the worker waits for its analyser")
    return job_id


def test_a_step_whose_analyser_is_killed_runs_again(site: Site, recording: Path) -> None:
    worker = site.fleet.worker()
    job_id = hold(site, worker, recording)
    send(signal.SIGKILL, worker.analysers())

    assert site.client.end_of(job_id)["state"] == "succeeded"
    assert site.step(job_id, "plan").attempts == 1
    site.assert_sound()


def test_a_step_whose_analyser_hangs_runs_again(site: Site, recording: Path) -> None:
    worker = site.fleet.worker(MIEN_STALL_S="3")
    job_id = hold(site, worker, recording)

    assert site.client.end_of(job_id)["state"] == "succeeded"
    assert [line["how"] for line in worker.said("analyser_died")] == ["it was silent for 3 s"]
    site.assert_sound()


def test_a_step_whose_analyser_takes_too_much_memory_runs_again(site: Site, recording: Path) -> None:
    measured = site.fleet.worker()
    site.client.end_of(site.client.submit(recording))
    used_bytes = _memory_bytes(measured)
    measured.stop()
    # Little less than it needs: far less, and the kernel would refuse it the memory before the worker looks.
    worker = site.fleet.worker(MIEN_ANALYSER_MEMORY_BYTES=str(int(0.94 * used_bytes)))
    site.client.submit(recording)  # too short to be noticed, and leaves the analyser with too much
    until(site.is_drained, "the first job is done")
    send(signal.SIGSTOP, worker.analysers())  # and the next one long enough
    job_id = site.client.submit(recording)

    assert site.client.end_of(job_id)["state"] == "succeeded"
    assert "MiB of memory" in worker.said("analyser_died")[0]["how"]
    site.assert_sound()


def _memory_bytes(worker: Member) -> int:
    return int(worker.analysers()[0].memory_info().rss)


@pytest.mark.parametrize("broker", ["open", "cut"])
def test_the_steps_of_a_worker_that_vanishes_are_taken_by_another(site: Site, recording: Path, broker: str) -> None:
    if broker == "cut":
        site.ground.broker.cut()
    worker = site.fleet.worker()
    job_id = hold(site, worker, recording)
    worker.kill()
    site.fleet.worker()

    assert site.client.end_of(job_id)["state"] == "succeeded"
    plan = site.step(job_id, "plan")
    assert (plan.losses, plan.attempts) == (1, 0)
    site.assert_sound()


@pytest.mark.parametrize("point", ["step_claimed", "step_computed", "step_committed", "picture_stored"])
def test_nothing_is_lost_when_a_worker_dies_in_the_worst_moment(site: Site, recording: Path, point: CrashPoint) -> None:
    site.fleet.die_at(point)
    worker = site.fleet.worker()
    job_id = site.client.submit(recording)
    worker.wait()
    assert site.fleet.was_hit(point)
    site.fleet.worker()

    assert site.client.end_of(job_id)["state"] == "succeeded"
    site.assert_sound()


@contextmanager
def poisoned(site: Site, worker: Member, job_id: str) -> Iterator[None]:
    """Whenever a segment of the job is at work, its analyser is killed."""
    healed = threading.Event()
    query = "SELECT 1 FROM step JOIN job ON job.id = job_id WHERE reference = :key AND kind = 'segment' AND "

    def kill() -> None:
        while not healed.wait(0.02):
            if site.ground.sql(f"{query} step.state = 'leased'", key=job_id):
                send(signal.SIGKILL, worker.analysers())

    thread = threading.Thread(target=kill)
    thread.start()
    yield
    healed.set()
    thread.join()


def test_a_segment_that_always_crashes_fails_its_job_with_a_reason_and_no_other(
    site: Site, recording: Path, long_recording: Path
) -> None:
    worker = site.fleet.worker()
    with poisoned(site, worker, "poison"):
        poison = site.client.submit(long_recording, "poison")
        other = site.client.submit(recording)
        job = site.client.end_of(poison)

    assert (job["state"], job["error"]["code"]) == ("failed", "analyser_died")
    assert max(row.attempts for row in site.ground.sql("SELECT attempts FROM step WHERE state = 'dead'")) == 3
    assert site.client.end_of(other)["state"] == "succeeded"
    site.assert_sound()


def test_a_worker_that_slept_through_its_lease_may_not_commit(site: Site, recording: Path) -> None:
    sleeper = site.fleet.worker()
    job_id = hold(site, sleeper, recording)
    analysers = sleeper.analysers()
    sleeper.pause()
    site.fleet.worker()
    assert site.client.end_of(job_id)["state"] == "succeeded"
    send(signal.SIGCONT, analysers)  # its answer waits for the worker when that wakes
    sleeper.resume()

    until(lambda: sleeper.said("stale_commit_rejected"), "the stale commit is rejected")
    assert site.step(job_id, "plan").lease_token == 2
    site.assert_sound()


def test_a_worker_whose_clock_is_an_hour_off_works_like_any_other(site: Site, recording: Path) -> None:
    for shift in (3600, -3600):
        site.fleet.ready(site.fleet.start("worker", ("-c", OFF_BY_AN_HOUR.format(shift=shift))))
    jobs = [site.client.submit(recording) for _ in range(4)]

    assert {site.client.end_of(job_id)["state"] for job_id in jobs} == {"succeeded"}
    query = "SELECT max(lease_token) AS claims FROM step WHERE job_id = ANY(:jobs)"
    assert site.ground.sql(query, jobs=[uuid_of(job_id) for job_id in jobs])[0].claims == 1
    site.assert_sound()
