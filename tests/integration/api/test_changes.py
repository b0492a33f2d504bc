"""The stream of a list: what is there at first, then what changes."""

from __future__ import annotations

import json
from typing import Any

from starlette.testclient import TestClient

from shared.db.engine import Sessions
from shared.db.results import commit_segment
from shared.domain.ids import to_wire
from tests.factories import PLAN, SEEN, claim, job_up_to, samples_of
from tests.integration.api.conftest import MakeKey
from tests.integration.api.test_events import cancel, later, parse
from tests.integration.api.test_submit import assert_problem


def told(client: TestClient, **wanted: str) -> list[tuple[str, dict[str, Any]]]:
    """What was told, but for the mark that the beginning is over."""
    return [(name, data) for name, data in everything(client, **wanted) if name != "listed"]


def everything(client: TestClient, **wanted: str) -> list[tuple[str, dict[str, Any]]]:
    answer = client.get("/v1/events", params={"seconds": "0", **wanted})
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [(event["event"], json.loads(event["data"])) for event in parse(answer.text)]


def test_the_stream_begins_with_the_list_oldest_first(client: TestClient, sessions: Sessions) -> None:
    jobs = [to_wire("job", job_up_to(sessions, "queued")) for _ in range(3)]
    assert [(name, job["id"]) for name, job in told(client)] == [("job", job_id) for job_id in jobs]
    assert [job["id"] for _, job in told(client, limit="2")] == jobs[1:]
    assert told(client)[0][1]["video_name"] == "interview.mp4"


def test_changes_and_new_jobs_are_told(client: TestClient, sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "running")

    def go_on() -> None:
        taken = claim(sessions)
        with sessions.begin() as session:
            commit_segment(session, taken, samples_of(PLAN.segments[taken.key.index], SEEN[taken.key.index]))
        job_up_to(sessions, "queued")
        later(lambda: cancel(sessions, job_id))

    later(go_on)
    seen = [(job["state"], job["progress"]["samples_done"] > 0) for _, job in told(client, seconds="4")]
    assert seen[0] == ("running", False)
    assert sorted(seen[1:-1]) == [("queued", False), ("running", True)]
    assert seen[-1] == ("canceled", True)


def test_a_job_that_no_longer_matches_is_gone(client: TestClient, sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "queued")
    later(lambda: cancel(sessions, job_id))
    names = [(name, job["id"]) for name, job in told(client, seconds="3", state="queued")]
    assert names == [("job", to_wire("job", job_id)), ("gone", to_wire("job", job_id))]


def test_the_end_of_the_beginning_is_marked(client: TestClient, sessions: Sessions) -> None:
    assert everything(client) == [("listed", {"count": 0})]
    job_up_to(sessions, "queued")
    assert [name for name, _ in everything(client)] == ["job", "listed"]


def test_another_workspace_is_not_told(anonymous: TestClient, sessions: Sessions, make_key: MakeKey) -> None:
    job_up_to(sessions, "queued")
    answer = anonymous.get("/v1/events", params={"seconds": "0"}, headers=make_key("stranger", scopes=("jobs:read",)))
    assert [event["event"] for event in parse(answer.text)] == ["listed"]


def test_a_misspelt_filter_is_refused(client: TestClient) -> None:
    assert_problem(client.get("/v1/events", params={"stat": "queued"}), 422, "invalid_request")
