from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from shared.db.engine import Sessions
from tests.factories import carry_out, claim
from tests.integration.api.conftest import MakeKey
from tests.integration.api.test_submit import assert_problem
from tests.integration.api.test_webhooks import PUBLIC


@pytest.fixture
def videos(client: TestClient) -> list[str]:
    return [client.post("/v1/videos", content=f"recording {n}".encode()).json()["id"] for n in range(3)]


def submit(client: TestClient, videos: list[str], **fields: Any) -> Any:
    jobs = [{"video_id": video, "reference": f"candidate-{n}"} for n, video in enumerate(videos)]
    return client.post("/v1/batches", json={"jobs": jobs, **fields}, headers={"Idempotency-Key": "batch-1"})


def carry_out_all(sessions: Sessions, jobs: int) -> None:
    finished = 0
    while finished < jobs:
        taken = claim(sessions)
        carry_out(sessions, taken)
        finished += taken.key.kind == "finish"


def events(sessions: Sessions, kind: str) -> list[Any]:
    with sessions.begin() as session:
        return list(session.execute(text("SELECT data FROM event WHERE type = :kind"), {"kind": kind}).scalars())


def test_a_batch_has_one_status_and_its_jobs_are_listed(client: TestClient, videos: list[str]) -> None:
    answer = submit(client, videos)
    batch = answer.json()

    assert (answer.status_code, answer.headers["location"]) == (202, batch["links"]["self"])
    assert (batch["state"], batch["total"], batch["counts"], batch["percent"]) == ("running", 3, {"queued": 3}, 0.0)
    jobs = client.get("/v1/jobs", params={"batch": batch["id"]}).json()["items"]
    assert sorted(job["reference"] for job in jobs) == ["candidate-0", "candidate-1", "candidate-2"]
    assert {job["batch_id"] for job in jobs} == {batch["id"]}
    assert client.get("/v1/batches").json() == {"items": [batch], "next_cursor": None}


def test_the_last_job_finishes_the_batch_with_one_event(
    client: TestClient, sessions: Sessions, videos: list[str]
) -> None:
    batch = submit(client, videos).json()
    job = client.get("/v1/jobs", params={"batch": batch["id"], "limit": 1}).json()["items"][0]
    client.post(f"/v1/jobs/{job['id']}/cancel")
    assert events(sessions, "batch.finished") == []
    carry_out_all(sessions, 2)

    done = client.get(batch["links"]["self"]).json()
    assert (done["state"], done["percent"], done["counts"]) == ("finished", 100.0, {"canceled": 1, "succeeded": 2})
    assert events(sessions, "batch.finished") == [{"batch_id": batch["id"], "total": 3, "counts": done["counts"]}]

    client.delete(f"/v1/jobs/{job['id']}")
    assert len(events(sessions, "batch.finished")) == 1


def test_an_address_of_a_batch_is_told_once_and_then_forgotten(
    client: TestClient, sessions: Sessions, videos: list[str]
) -> None:
    batch = submit(client, videos, webhook_url=PUBLIC).json()
    client.post(f"/v1/batches/{batch['id']}/cancel")

    with sessions.begin() as session:
        assert session.scalars(text("SELECT url FROM delivery")).all() == [PUBLIC]
        assert session.scalars(text("SELECT webhook_url FROM batch")).all() == [None]


def test_a_batch_is_accepted_whole_or_not_at_all(client: TestClient, sessions: Sessions, videos: list[str]) -> None:
    unknown = "vid_" + "0" * 32
    missing = submit(client, [videos[0], unknown])
    assert_problem(missing, 404, "not_found")
    assert "jobs.1" in missing.json()["detail"]

    wrong = client.post("/v1/batches", json={"jobs": [{"video_id": videos[0]}, {"video_id": "job_1"}]})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "jobs.1.video_id")
    mixed = client.post("/v1/batches", json={"jobs": [{"video_id": videos[0], "purpose": "assessment"}]})
    assert mixed.json()["errors"][0]["field"] == "jobs.0.purpose"
    with sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM job")) == 0


@pytest.mark.parametrize(
    "body", [{}, {"jobs": []}, {"jobs": [{}]}, {"jobs": [{"video_id": "x"}] * 201}, [], 1, {"job": []}]
)
def test_what_is_no_batch_is_refused(client: TestClient, body: Any) -> None:
    answer = client.post("/v1/batches", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert_problem(answer, 422, "invalid_request")


def test_a_batch_that_is_sent_again_is_the_same_batch(client: TestClient, videos: list[str]) -> None:
    first, again = submit(client, videos).json(), submit(client, videos).json()
    assert again["id"] == first["id"]
    assert_problem(submit(client, videos[:2]), 422, "idempotency_key_reused")


def test_canceling_a_batch_cancels_what_is_open_and_may_be_repeated(client: TestClient, videos: list[str]) -> None:
    batch = submit(client, videos).json()
    for _ in range(2):
        canceled = client.post(f"/v1/batches/{batch['id']}/cancel").json()
        assert (canceled["state"], canceled["counts"]) == ("finished", {"canceled": 3})


def test_a_foreign_batch_does_not_exist(client: TestClient, make_key: MakeKey, videos: list[str]) -> None:
    batch = submit(client, videos).json()
    stranger = make_key("other")
    assert_problem(client.get(f"/v1/batches/{batch['id']}", headers=stranger), 404, "not_found")
    assert_problem(client.post(f"/v1/batches/{batch['id']}/cancel", headers=stranger), 404, "not_found")
    assert client.get("/v1/batches", headers=stranger).json()["items"] == []
