"""Requests that come again: with an idempotency key, or as a retry of a job."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from shared.db.engine import Sessions
from shared.db.idempotency import IdempotencyKey, find_made
from shared.db.workspaces import ensure_workspace
from shared.settings import Settings
from tests.integration.api.conftest import MakeKey

KEY = {"Idempotency-Key": "order-17"}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def submit(client: TestClient, content: bytes = b"one", headers: dict[str, str] = KEY, **fields: str) -> Any:
    return client.post("/v1/jobs", files={"file": ("a.mp4", content)}, data=fields, headers=headers)


def stored_files(settings: Settings) -> list[Path]:
    return [path for path in settings.storage_dir.rglob("*") if path.is_file()]


def test_the_same_key_and_content_is_the_same_job(client: TestClient, settings: Settings) -> None:
    first, second = submit(client), submit(client)

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"]
    assert len(client.get("/v1/jobs").json()["items"]) == 1
    assert len(stored_files(settings)) == 1


@pytest.mark.parametrize("change", [{"content": b"two"}, {"reference": "another"}, {"priority": "high"}])
def test_the_same_key_with_other_content_is_refused_and_leaves_nothing(
    client: TestClient, settings: Settings, change: dict[str, Any]
) -> None:
    submit(client)
    answer = submit(client, **change)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert len(stored_files(settings)) == 1


def test_without_a_key_each_request_is_a_job_of_its_own(client: TestClient) -> None:
    assert submit(client, headers={}).json()["id"] != submit(client, headers={}).json()["id"]


def test_a_key_belongs_to_its_workspace(client: TestClient, make_key: MakeKey) -> None:
    ours = submit(client).json()["id"]
    assert submit(client, headers={**make_key("other"), **KEY}).json()["id"] != ours


def test_a_key_holds_for_json_too(client: TestClient) -> None:
    video_id = client.post("/v1/videos", content=b"one").json()["id"]
    ids = {client.post("/v1/jobs", json={"video_id": video_id}, headers=KEY).json()["id"] for _ in range(3)}
    assert len(ids) == 1


def test_a_key_is_forgotten_after_a_day(client: TestClient, sessions: Sessions) -> None:
    first = submit(client).json()["id"]
    with sessions.begin() as session:
        session.execute(text("UPDATE idempotency_key SET created_at = now() - interval '25 hours'"))
    assert submit(client, b"two").json()["id"] != first


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "schl\u00fcssel"])
def test_a_key_that_cannot_be_kept_is_refused(client: TestClient, key: str) -> None:
    answer = submit(client, headers={"Idempotency-Key": key.encode()})  # type: ignore[dict-item]
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "idempotency-key")


def test_while_the_first_request_is_being_answered_the_second_is_told_so(
    client: TestClient, sessions: Sessions
) -> None:
    wanted = IdempotencyKey(key="order-17", operation="submit", fingerprint=b"x")
    with sessions.begin() as session:
        find_made(session, ensure_workspace(session, "default"), wanted)
        answer = submit(client)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_in_flight")
    assert submit(client).status_code == 202


def test_many_requests_at_once_with_one_key_make_one_job(client: TestClient, settings: Settings) -> None:
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(submit(client))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 202}) == 1
    assert len(client.get("/v1/jobs").json()["items"]) == len(stored_files(settings)) == 1


def test_a_canceled_job_is_retried_as_a_new_one(client: TestClient) -> None:
    first = submit(client, reference="candidate-17", metadata='{"question": "2"}', priority="high").json()
    assert client.post(f"/v1/jobs/{first['id']}/retry").status_code == 409
    client.post(f"/v1/jobs/{first['id']}/cancel")
    answer = client.post(f"/v1/jobs/{first['id']}/retry")
    again = answer.json()

    assert (answer.status_code, again["state"], again["retry_of"]) == (202, "queued", first["id"])
    assert answer.headers["location"].endswith(again["id"])
    for field in ("video_id", "reference", "metadata", "priority", "options"):
        assert again[field] == first[field]


def test_a_retry_needs_the_recording_to_be_there(client: TestClient, sessions: Sessions) -> None:
    job_id = submit(client).json()["id"]
    client.post(f"/v1/jobs/{job_id}/cancel")
    with sessions.begin() as session:
        session.execute(text("UPDATE video SET state = 'deleted'"))

    answer = client.post(f"/v1/jobs/{job_id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (410, "gone")


def test_a_strangers_job_cannot_be_retried(client: TestClient, make_key: MakeKey) -> None:
    job_id = submit(client).json()["id"]
    assert client.post(f"/v1/jobs/{job_id}/retry", headers=make_key("other")).status_code == 404


def test_a_recording_elsewhere_is_awaited(client: TestClient, sessions: Sessions) -> None:
    url = "https://93.184.216.34/rooms/interview%2017.mp4?token=secret"
    job = client.post("/v1/jobs", json={"video_url": url}).json()
    video = client.get(f"/v1/videos/{job['video_id']}").json()

    assert (job["state"], video["state"], video["name"]) == ("queued", "fetching", "interview 17.mp4")
    assert (video["size_bytes"], video["sha256"]) == (None, None)
    assert "secret" not in str(video) + str(job)
    answer = client.post("/v1/jobs", json={"video_id": job["video_id"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")
    with sessions.begin() as session:
        assert session.execute(text("SELECT kind, device FROM step")).all() == [("fetch", "io")]


@pytest.mark.parametrize("body", [{}, {"video_id": "vid_" + "0" * 32, "video_url": "https://93.184.216.34/a"}])
def test_a_job_names_exactly_one_recording(client: TestClient, body: dict[str, str]) -> None:
    answer = client.post("/v1/jobs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_trace_is_kept_on_the_job_and_a_broken_one_is_not(client: TestClient, sessions: Sessions) -> None:
    job = submit(client, headers={"traceparent": TRACE, "x-request-id": "req-1"}).json()
    assert job["traceparent"] == TRACE
    with sessions.begin() as session:
        assert session.execute(text("SELECT request_id FROM job")).scalar() == "req-1"

    for broken in ("x", TRACE.upper(), "00-" + "0" * 32 + "-b7ad6b7169203331-01", "ff" + TRACE[2:]):
        assert submit(client, headers={"traceparent": broken}).json()["traceparent"] is None
