from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.limits import RateLimits
from shared.db.engine import Sessions
from shared.db.workspaces import ensure_workspace, limit_workspace
from shared.domain.errors import RateLimited
from tests.integration.api.conftest import MakeKey
from tests.integration.api.test_submit import RECORDING, assert_problem, rows, stored_files, submit


def limit(sessions: Sessions, **limits: Any) -> None:
    with sessions.begin() as session:
        limit_workspace(session, ensure_workspace(session, "default"), **limits)


def test_a_workspace_has_no_more_open_jobs_than_it_may(
    client: TestClient, sessions: Sessions, make_key: MakeKey
) -> None:
    limit(sessions, max_open_jobs=2)
    first = submit(client).json()
    submit(client)
    refused = submit(client)
    assert_problem(refused, 429, "quota_exceeded")
    assert int(refused.headers["retry-after"]) > 0
    assert rows(sessions) == (2, 2)

    client.headers.update(make_key("other"))
    assert submit(client).status_code == 202
    client.headers.update(make_key())
    client.post(f"/v1/jobs/{first['id']}/cancel")
    assert submit(client).status_code == 202


def test_nothing_is_kept_of_a_recording_whose_job_is_one_too_many(
    client: TestClient, sessions: Sessions, settings: Any
) -> None:
    limit(sessions, max_open_jobs=1)
    submit(client)
    kept = stored_files(settings)
    assert_problem(submit(client), 429, "quota_exceeded")

    assert stored_files(settings) == kept


def test_jobs_of_a_day_are_counted_and_the_answer_says_when_to_come_again(
    client: TestClient, sessions: Sessions
) -> None:
    limit(sessions, max_jobs_per_day=2)
    for _ in range(2):
        submit(client)
    with sessions.begin() as session:
        session.execute(
            text(
                "UPDATE job SET created_at = now() - interval '23 hours' WHERE id = (SELECT min(id::text)::uuid FROM job)"
            )
        )
    refused = submit(client)

    assert_problem(refused, 429, "quota_exceeded")
    assert 3500 < int(refused.headers["retry-after"]) <= 3600


def test_a_batch_counts_each_of_its_jobs(client: TestClient, sessions: Sessions) -> None:
    limit(sessions, max_open_jobs=2)
    video = client.post("/v1/videos", content=RECORDING).json()["id"]
    assert_problem(client.post("/v1/batches", json={"jobs": [{"video_id": video}] * 3}), 429, "quota_exceeded")
    assert client.post("/v1/batches", json={"jobs": [{"video_id": video}] * 2}).status_code == 202


def test_recordings_and_uploads_under_way_share_the_space(client: TestClient, sessions: Sessions) -> None:
    limit(sessions, max_stored_bytes=len(RECORDING) + 100)
    tus = {"Tus-Resumable": "1.0.0"}
    upload = client.post("/v1/uploads", headers={**tus, "Upload-Length": "100"})
    assert upload.status_code == 201
    assert client.post("/v1/videos", content=RECORDING).status_code == 201

    assert_problem(client.post("/v1/videos", content=b"x"), 429, "quota_exceeded")
    assert_problem(client.post("/v1/uploads", headers={**tus, "Upload-Length": "1"}), 429, "quota_exceeded")
    client.delete(upload.headers["location"], headers=tus)
    assert client.post("/v1/videos", content=b"x").status_code == 201


def test_requests_beyond_the_rate_are_refused_with_the_time_to_wait(
    client: TestClient, sessions: Sessions, make_key: MakeKey
) -> None:
    limit(sessions, requests_per_minute=12)  # a burst of two
    answers = [client.get("/v1/jobs") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert_problem(answers[2], 429, "rate_limited")
    assert 1 <= int(answers[2].headers["retry-after"]) <= 5
    assert client.get("/v1/jobs", headers=make_key()).status_code == 200


def test_a_bucket_fills_with_time_and_never_beyond_its_burst() -> None:
    now_s = 0.0
    rates = RateLimits(clock=lambda: now_s)
    for _ in range(10):
        rates.take("key a", 60)
    with pytest.raises(RateLimited) as refused:
        rates.take("key a", 60)
    assert refused.value.retry_after_s == pytest.approx(1.0)

    now_s = 3600.0
    for _ in range(10):
        rates.take("key a", 60)
    with pytest.raises(RateLimited):
        rates.take("key a", 60)


def test_no_rate_means_no_limit() -> None:
    rates = RateLimits(clock=lambda: 0.0)
    for _ in range(1000):
        rates.take("key a", 0)
