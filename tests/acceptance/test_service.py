from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import httpx2
import psutil
import pytest
from sqlalchemy import text

from cli.reach import open_sessions
from cli.run import start
from cli.stack.stack import EmbeddedStack
from mien import Client, Job, NotFound, RequestProblem
from tests.acceptance.conftest import QUICK
from tests.chaos.waiting import until
from tests.recordings import Studio
from tests.scene import Scene


def end_of(client: Client, job_id: str) -> Job:
    *_, last = client.events(job_id)
    assert last.job.is_over
    return last.job


def submit(client: Client, recording: Path) -> str:
    return client.submit(recording).id


def follow_until(client: Client, job_id: str, holds: Callable[[Job], bool]) -> None:
    """By asking, because a state that lasts for less than half a second makes no event."""
    until(lambda: holds(client.job(job_id)), f"{job_id} comes so far")


def test_a_submitted_recording_becomes_a_result_a_timeline_and_pictures(client: Client, studio: Studio) -> None:
    recording = studio.record(duration_s=24.0, fps=10, width=320, height=180)
    job_id = submit(client, recording)
    assert end_of(client, job_id).state == "succeeded"

    result = client.result(job_id)
    assert result.coverage.samples == 48
    assert result.score.value is not None
    assert 0 <= result.score.value < 100
    assert len({moment.emotion for moment in result.moments}) >= 1
    assert len(list(client.timeline(job_id))) == 48
    for number, _ in enumerate(result.moments):
        assert picture(client, job_id, number)[:2] == b"\xff\xd8"


def test_a_short_recording_does_not_wait_for_a_long_one(client: Client, studio: Studio, recording: Path) -> None:
    long = studio.looped(600, duration_s=6.0, fps=10, width=320, height=180)
    long_id = submit(client, long)
    follow_until(client, long_id, lambda job: job.progress.samples_done > 0)
    assert end_of(client, submit(client, recording)).state == "succeeded"
    assert client.job(long_id).state == "running"
    client.cancel(long_id)
    assert end_of(client, long_id).state == "canceled"


def is_leased(stack: EmbeddedStack, job_id: str) -> bool:
    query = "SELECT count(*) FROM step WHERE job_id = :job AND state = 'leased'"
    with open_sessions(stack.home.path) as sessions, sessions.begin() as session:
        return bool(session.scalar(text(query), {"job": UUID(hex=job_id.removeprefix("job_"))}))


def picture(client: Client, job_id: str, number: int, tries: int = 100) -> bytes:
    """Pictures are made after the result."""
    for _ in range(tries):
        with suppress(NotFound):
            return client.moment_picture(job_id, number)
        time.sleep(0.2)
    raise AssertionError(f"no picture of moment {number}")


def test_the_prototypes_call_still_works(stack: EmbeddedStack, recording: Path) -> None:
    with recording.open("rb") as file:
        answer = httpx2.post(f"{stack.url}/upload", files={"file": file}, timeout=60, trust_env=False)

    assert answer.status_code == httpx2.codes.OK, answer.text
    frame_results = answer.json()["frame_results"]
    assert set(frame_results) == {"total_score", "minus_log"}
    assert all(time == f"{float(time):.2f}" for times in frame_results["minus_log"].values() for time in times)


def test_a_recording_without_a_face_has_no_score_but_a_reason(client: Client, studio: Studio) -> None:
    job_id = submit(client, studio.record(scene=Scene(people=0), duration_s=4.0))
    assert end_of(client, job_id).state == "succeeded"

    result = client.result(job_id)
    assert (result.score.value, result.score.reason) == (None, "no_face")
    assert (result.total_score, result.minus_log, result.coverage.with_face) == (None, {}, 0)


def test_a_running_job_is_canceled_long_before_its_lease_would_end(
    stack: EmbeddedStack, client: Client, studio: Studio
) -> None:
    job_id = submit(client, studio.record(duration_s=95.0, fps=5, width=640, height=360, gop_frames=25))
    follow_until(client, job_id, lambda job: job.state == "running")
    for analyser in psutil.Process(stack.pids["worker"]).children(recursive=True):
        analyser.suspend()  # else the cancel may come between two segments, of which nobody bears a lease
    while not is_leased(stack, job_id):
        time.sleep(0.05)
    canceled = client.cancel(job_id)

    assert canceled.state == "canceling"
    assert end_of(client, job_id).state == "canceled"
    log = (stack.home.path / "logs" / "worker.log").read_text()
    assert not [line for line in log.splitlines() if job_id[-12:] in line and "stale_commit" in line]


def test_an_empty_file_is_refused_at_the_door(client: Client, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()

    with pytest.raises(RequestProblem, match="empty_file"):
        submit(client, tmp_path / "empty.mp4")


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(
    stack: EmbeddedStack, client: Client, studio: Studio
) -> None:
    recording = studio.record(duration_s=95.0, fps=5, width=640, height=360, gop_frames=25)
    job_id = submit(client, recording)
    follow_until(client, job_id, lambda job: job.progress.samples_done > 0)
    worker = psutil.Process(stack.pids["worker"])
    for process in (worker, *worker.children(recursive=True)):
        process.kill()

    job = end_of(client, job_id)
    assert job.state == "succeeded", job
    assert client.result(job_id).coverage.samples == 190


def test_an_analyser_that_is_killed_in_the_middle_loses_nothing(
    stack: EmbeddedStack, client: Client, studio: Studio
) -> None:
    job_id = submit(client, studio.record(duration_s=20.0, fps=5, width=640, height=360))
    follow_until(client, job_id, lambda job: job.progress.samples_done > 0)
    analysers = [
        process
        for process in psutil.Process(stack.pids["worker"]).children(recursive=True)
        if "worker.sandbox.child" in process.cmdline()
    ]
    assert analysers
    for analyser in analysers:
        analyser.kill()

    assert end_of(client, job_id).state == "succeeded"


def test_all_that_listens_listens_on_loopback(stack: EmbeddedStack) -> None:
    tree = [psutil.Process(pid) for pid in stack.pids.values()]
    everyone = tree + [child for process in tree for child in process.children(recursive=True)]
    assert set().union(*map(listening_on, everyone)) == {"127.0.0.1"}


def listening_on(process: psutil.Process) -> set[str]:
    """Its addresses; none for a child that ended meanwhile, as those of Postgres do all the time."""
    try:
        found = process.net_connections("inet")
    except psutil.NoSuchProcess:
        return set()
    return {connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN}


def test_unfinished_jobs_go_on_after_everything_was_stopped(tmp_path: Path, recording: Path) -> None:
    home = tmp_path / "home"
    with EmbeddedStack(home, port=0, analysers=1) as stack:
        client = start(stack, home, QUICK)
        job_id = submit(client, recording)
    with EmbeddedStack(home, port=0, analysers=1) as stack:
        client = start(stack, home, QUICK)
        assert end_of(client, job_id).state == "succeeded"
