from __future__ import annotations

import time
from pathlib import Path
from uuid import UUID

import httpx2
import psutil
import pytest
from sqlalchemy import text

from cli.reach import open_sessions
from cli.run import start
from cli.service import OVER, Refused, Service
from cli.stack.stack import EmbeddedStack
from tests.acceptance.conftest import QUICK
from tests.recordings import Studio
from tests.scene import Scene


def end_of(service: Service, job_id: str) -> dict[str, object]:
    *_, last = service.follow(job_id)
    assert last["state"] in OVER
    return last


def submit(service: Service, recording: Path) -> str:
    job_id: str = service.submit(recording, {}, lambda _: None)["id"]
    return job_id


def get(service: Service, path: str, **headers: str) -> httpx2.Response:
    return service._call("GET", path, headers=headers)


def test_a_submitted_recording_becomes_a_result_a_timeline_and_pictures(service: Service, studio: Studio) -> None:
    recording = studio.record(duration_s=24.0, fps=10, width=320, height=180)
    job_id = submit(service, recording)
    assert end_of(service, job_id)["state"] == "succeeded"

    result = service.result(job_id)
    assert result["coverage"]["samples"] == 48
    assert 0 <= result["score"]["value"] < 100
    assert len({moment["emotion"] for moment in result["moments"]}) >= 1
    lines = get(service, f"/v1/jobs/{job_id}/timeline", accept="application/x-ndjson").text.splitlines()
    assert len(lines) == 48
    for number, _ in enumerate(result["moments"]):
        assert picture(service, f"/v1/jobs/{job_id}/moments/{number}.jpg")[:2] == b"\xff\xd8"


def test_a_short_recording_does_not_wait_for_a_long_one(service: Service, studio: Studio, recording: Path) -> None:
    long = studio.looped(600, duration_s=6.0, fps=10, width=320, height=180)
    long_id = submit(service, long)
    while not next(service.follow(long_id))["progress"]["samples_done"]:
        time.sleep(0.05)
    assert end_of(service, submit(service, recording))["state"] == "succeeded"
    assert next(service.follow(long_id))["state"] == "running"
    service._call("POST", f"/v1/jobs/{long_id}/cancel")
    assert end_of(service, long_id)["state"] == "canceled"


def is_leased(stack: EmbeddedStack, job_id: str) -> bool:
    query = "SELECT count(*) FROM step WHERE job_id = :job AND state = 'leased'"
    with open_sessions(stack.home.path) as sessions, sessions.begin() as session:
        return bool(session.scalar(text(query), {"job": UUID(hex=job_id.removeprefix("job_"))}))


def picture(service: Service, path: str, tries: int = 100) -> bytes:
    """Pictures are made after the result."""
    for _ in range(tries):
        answer = get(service, path)
        if answer.status_code == httpx2.codes.OK:
            return answer.content
        end_of(service, path.split("/")[3])
        time.sleep(0.2)
    raise AssertionError(f"no picture at {path}")


def test_the_prototypes_call_still_works(stack: EmbeddedStack, recording: Path) -> None:
    with recording.open("rb") as file:
        answer = httpx2.post(f"{stack.url}/upload", files={"file": file}, timeout=60, trust_env=False)

    assert answer.status_code == httpx2.codes.OK, answer.text
    frame_results = answer.json()["frame_results"]
    assert set(frame_results) == {"total_score", "minus_log"}
    assert all(time == f"{float(time):.2f}" for times in frame_results["minus_log"].values() for time in times)


def test_a_recording_without_a_face_has_no_score_but_a_reason(service: Service, studio: Studio) -> None:
    job_id = submit(service, studio.record(scene=Scene(people=0), duration_s=4.0))
    assert end_of(service, job_id)["state"] == "succeeded"

    result = service.result(job_id)
    assert (result["score"]["value"], result["score"]["reason"]) == (None, "no_face")
    assert (result["total_score"], result["minus_log"], result["coverage"]["with_face"]) == (None, {}, 0)


def test_a_running_job_is_canceled_long_before_its_lease_would_end(
    stack: EmbeddedStack, service: Service, studio: Studio
) -> None:
    job_id = submit(service, studio.record(duration_s=95.0, fps=5, width=640, height=360, gop_frames=25))
    for job in service.follow(job_id):
        if job["state"] == "running":
            break
    for analyser in psutil.Process(stack.pids["worker"]).children(recursive=True):
        analyser.suspend()  # else the cancel may come between two segments, of which nobody bears a lease
    while not is_leased(stack, job_id):
        time.sleep(0.05)
    answer = service._call("POST", f"/v1/jobs/{job_id}/cancel")

    assert answer.json()["state"] == "canceling"
    assert end_of(service, job_id)["state"] == "canceled"
    log = (stack.home.path / "logs" / "worker.log").read_text()
    assert not [line for line in log.splitlines() if job_id[-12:] in line and "stale_commit" in line]


def test_an_empty_file_is_refused_at_the_door(service: Service, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()

    with pytest.raises(Refused, match="empty_file"):
        submit(service, tmp_path / "empty.mp4")


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(
    stack: EmbeddedStack, service: Service, studio: Studio
) -> None:
    recording = studio.record(duration_s=95.0, fps=5, width=640, height=360, gop_frames=25)
    job_id = submit(service, recording)
    for job in service.follow(job_id):
        if job["progress"]["samples_done"]:
            break
    worker = psutil.Process(stack.pids["worker"])
    for process in (worker, *worker.children(recursive=True)):
        process.kill()

    job = end_of(service, job_id)
    assert job["state"] == "succeeded", job
    assert service.result(job_id)["coverage"]["samples"] == 190


def test_an_analyser_that_is_killed_in_the_middle_loses_nothing(
    stack: EmbeddedStack, service: Service, studio: Studio
) -> None:
    job_id = submit(service, studio.record(duration_s=20.0, fps=5, width=640, height=360))
    for job in service.follow(job_id):
        if job["progress"]["samples_done"]:
            break
    analysers = [
        process
        for process in psutil.Process(stack.pids["worker"]).children(recursive=True)
        if "worker.sandbox.child" in process.cmdline()
    ]
    assert analysers
    for analyser in analysers:
        analyser.kill()

    assert end_of(service, job_id)["state"] == "succeeded"


def test_all_that_listens_listens_on_loopback(stack: EmbeddedStack) -> None:
    tree = [psutil.Process(pid) for pid in stack.pids.values()]
    everyone = tree + [child for process in tree for child in process.children(recursive=True)]

    listening = [c.laddr.ip for p in everyone for c in p.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert set(listening) == {"127.0.0.1"}


def test_unfinished_jobs_go_on_after_everything_was_stopped(tmp_path: Path, recording: Path) -> None:
    home = tmp_path / "home"
    with EmbeddedStack(home, port=0, analysers=1) as stack:
        service = start(stack, home, QUICK)
        job_id = submit(service, recording)
    with EmbeddedStack(home, port=0, analysers=1) as stack:
        service = start(stack, home, QUICK)
        assert end_of(service, job_id)["state"] == "succeeded"
