from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from shared.db.engine import Sessions
from shared.domain.ids import to_wire
from tests.factories import job_up_to
from tests.integration.api.conftest import MakeKey
from tests.integration.api.test_submit import assert_problem, submit


def ids_of(client: TestClient, **params: Any) -> list[str]:
    return [job["id"] for job in client.get("/v1/jobs", params=params).json()["items"]]


def all_pages(client: TestClient, **params: Any) -> list[str]:
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get("/v1/jobs", params={**params, **({"cursor": cursor} if cursor else {})}).json()
        found += [job["id"] for job in page["items"]]
        cursor = page["next_cursor"]
    return found


def test_pages_join_in_both_orders(client: TestClient) -> None:
    made = [submit(client).json()["id"] for _ in range(5)]

    assert all_pages(client, limit=2, order="asc") == made
    assert all_pages(client, limit=2) == made[::-1]


def test_a_job_that_comes_in_meanwhile_moves_no_page(client: TestClient) -> None:
    made = [submit(client).json()["id"] for _ in range(4)]
    first = client.get("/v1/jobs", params={"limit": 2}).json()
    submit(client)

    second = client.get("/v1/jobs", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [job["id"] for job in second["items"]] == made[1::-1]


def test_each_filter_finds_its_jobs_alone(client: TestClient, sessions: Sessions) -> None:
    done = to_wire("job", job_up_to(sessions, "succeeded"))
    one = submit(client, reference="candidate-1", purpose="coaching", metadata='{"question": "1", "round": "a"}').json()
    two = submit(client, reference="candidate-2", metadata='{"question": "2"}').json()

    assert ids_of(client, reference="candidate-1") == [one["id"]]
    assert ids_of(client, purpose="coaching") == [one["id"]]
    assert ids_of(client, video_id=two["video_id"]) == [two["id"]]
    assert ids_of(client, state="succeeded") == [done]
    assert ids_of(client, state=["succeeded", "queued"]) == [two["id"], one["id"], done]
    assert ids_of(client, **{"metadata.question": "2"}) == [two["id"]]
    assert ids_of(client, **{"metadata[question]": "1", "metadata.round": "a"}) == [one["id"]]
    assert ids_of(client, **{"metadata.question": "1", "metadata.round": "b"}) == []


def test_jobs_are_found_by_the_time_of_their_submission(client: TestClient) -> None:
    job = submit(client).json()
    at = datetime.fromisoformat(job["created_at"])
    later = (at + timedelta(microseconds=1)).isoformat()

    assert ids_of(client, created_after=job["created_at"], created_before=later) == [job["id"]]
    assert ids_of(client, created_before=job["created_at"]) == []
    assert ids_of(client, created_after=later) == []


@pytest.mark.parametrize(
    "params",
    [
        {"status": "failed"},
        {"state": "lost"},
        {"video_id": "job_1"},
        {"batch": "x"},
        {"cursor": "x"},
        {"cursor": "MjAyNi0xMS0yMnxub3QtYW4taWQ"},
        {"created_after": "yesterday"},
        {"created_after": "2026-11-22T09:00:00"},
        {"created_after": "0001-01-01T00:00:00+14:00"},
        {"limit": 0},
        {"limit": 201},
        {"order": "up"},
        {"metadata.": "x"},
        {"metadata.a": "nul\0"},
        {f"metadata.{n}": "x" for n in range(9)},
    ],
)
def test_what_is_no_filter_is_refused_rather_than_ignored(client: TestClient, params: dict[str, Any]) -> None:
    assert_problem(client.get("/v1/jobs", params=params), 422, "invalid_request")


def test_another_workspace_is_never_listed(client: TestClient, make_key: MakeKey) -> None:
    job = submit(client, reference="candidate-1").json()
    stranger = {"headers": make_key("other")}

    for params in ({}, {"reference": "candidate-1"}, {"video_id": job["video_id"]}, {"state": "queued"}):
        assert client.get("/v1/jobs", params=params, **stranger).json()["items"] == []  # type: ignore[arg-type]


def test_a_poll_that_brings_nothing_new_is_answered_without_a_body(client: TestClient, sessions: Sessions) -> None:
    path = "/v1/jobs/" + to_wire("job", job_up_to(sessions, "running"))
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    client.post(path + "/cancel")
    changed = client.get(path, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (changed.status_code, changed.headers["etag"] != first.headers["etag"]) == (200, True)


def test_times_carry_their_zone(client: TestClient) -> None:
    assert datetime.fromisoformat(submit(client).json()["created_at"]).astimezone(UTC) <= datetime.now(UTC)
