from __future__ import annotations

import json
import time

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from shared.db.engine import Sessions
from shared.domain.ids import WorkspaceId
from shared.domain.links import Links
from shared.outbound.client import OutboundClient
from shared.webhooks.payload import PayloadPolicy
from tests.factories import job_up_to
from tests.integration.webhooks.conftest import SECRET, an_endpoint, run_sql
from tests.receiver import Receiver
from worker.progress import EVERY_S, ProgressTeller


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def teller(sessions: Sessions, client: OutboundClient, watch: Watch) -> ProgressTeller:
    policy = PayloadPolicy(links=Links("https://mien.example"))
    return ProgressTeller(sessions=sessions, client=client, policy=policy, clock=watch)


def wait_until_idle(teller: ProgressTeller) -> None:
    while teller._busy:
        time.sleep(0.01)


def test_who_asked_for_it_hears_how_far_a_job_is_and_nothing_is_stored(
    sessions: Sessions, teller: ProgressTeller, receiver: Receiver, workspace: WorkspaceId
) -> None:
    an_endpoint(sessions, workspace, receiver.url, "job.progress")
    an_endpoint(sessions, workspace, "http://127.0.0.1:1/")
    job_id = job_up_to(sessions, "running")
    run_sql(sessions, "UPDATE step SET samples_done = 2 WHERE kind = 'segment' AND index = 0")
    teller.tell()

    [received] = receiver.wait_for(1)
    message = Webhook(SECRET).verify(received.body, dict(received.headers))
    assert (message["type"], message["data"]["job_id"]) == ("job.progress", f"job_{job_id.hex}")
    assert message["data"]["progress"] == {"samples_done": 2, "samples_total": 6, "percent": 33.3}
    with sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM event")) == 0


def test_progress_is_told_at_most_every_ten_seconds_and_only_if_there_is_some(
    sessions: Sessions, teller: ProgressTeller, receiver: Receiver, workspace: WorkspaceId, watch: Watch
) -> None:
    an_endpoint(sessions, workspace, receiver.url, "job.progress")
    job_up_to(sessions, "running")
    for second, done in ((0.0, 1), (5.0, 2), (EVERY_S, 3), (2 * EVERY_S, 3)):
        watch.now_s = second
        run_sql(sessions, f"UPDATE step SET samples_done = {done} WHERE kind = 'segment' AND index = 0")
        teller.tell()
        wait_until_idle(teller)

    told = [json.loads(received.body)["data"]["progress"]["samples_done"] for received in receiver.received]
    assert told == [1, 3]


def test_a_job_that_is_over_is_not_told_of(
    sessions: Sessions, teller: ProgressTeller, receiver: Receiver, workspace: WorkspaceId
) -> None:
    an_endpoint(sessions, workspace, receiver.url, "job.progress")
    job_up_to(sessions, "succeeded")
    teller.tell()
    wait_until_idle(teller)

    assert receiver.received == []
