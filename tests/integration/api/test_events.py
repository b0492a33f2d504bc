from __future__ import annotations

import json
import threading
from typing import Any

from starlette.testclient import TestClient

from shared.db.engine import Sessions
from shared.db.jobs import cancel_job
from shared.db.results import commit_segment
from shared.db.workspaces import ensure_workspace
from shared.domain.ids import JobId, to_wire
from tests.factories import PLAN, SEEN, claim, job_up_to, samples_of
from tests.integration.api.conftest import MakeKey
from tests.integration.api.test_submit import assert_problem


def stream(client: TestClient, job_id: JobId, seen: str | None = None) -> Any:
    headers = {"Last-Event-ID": seen} if seen else {}
    return client.get(f"/v1/jobs/{to_wire('job', job_id)}/events", headers=headers)


def parse(body: str) -> list[dict[str, str]]:
    """Events as the standard reads them: fields by name, comments left out."""
    blocks = (block.splitlines() for block in body.split("\n\n"))
    events = [dict(line.split(": ", 1) for line in block if not line.startswith(":")) for block in blocks]
    return [event for event in events if "data" in event]


def later(work: Any) -> threading.Timer:
    timer = threading.Timer(1.0, work)
    timer.start()
    return timer


def test_the_stream_tells_what_happens_and_ends_with_the_job(client: TestClient, sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "running")

    def go_on() -> None:
        taken = claim(sessions)
        with sessions.begin() as session:
            commit_segment(session, taken, samples_of(PLAN.segments[taken.key.index], SEEN[taken.key.index]))
        later(lambda: cancel(sessions, job_id))

    later(go_on)
    answer = stream(client, job_id)
    told = [(event["event"], json.loads(event["data"])["state"]) for event in parse(answer.text)]

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert told == [("state", "running"), ("progress", "running"), ("state", "canceled")]


def cancel(sessions: Sessions, job_id: JobId) -> None:
    with sessions.begin() as session:
        cancel_job(session, ensure_workspace(session, "default"), job_id)


def test_a_stream_goes_on_where_it_was_cut(client: TestClient, sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "running")
    seen = client.get(f"/v1/jobs/{to_wire('job', job_id)}").headers["etag"].strip('W/"')
    later(lambda: cancel(sessions, job_id))

    (event,) = parse(stream(client, job_id, seen).text)
    assert (event["event"], json.loads(event["data"])["state"]) == ("state", "canceled")

    assert stream(client, job_id, event["id"]).status_code == 204


def test_who_missed_the_end_is_told_it_at_once(client: TestClient, sessions: Sessions) -> None:
    (event,) = parse(stream(client, job_up_to(sessions, "succeeded"), "1-0").text)
    assert json.loads(event["data"])["state"] == "succeeded"


def test_a_foreign_job_has_no_events(client: TestClient, sessions: Sessions, make_key: MakeKey) -> None:
    path = f"/v1/jobs/{to_wire('job', job_up_to(sessions, 'succeeded'))}/events"
    assert_problem(client.get(path, headers=make_key("other")), 404, "not_found")
