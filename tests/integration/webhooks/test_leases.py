from __future__ import annotations

import socket
import threading
import time
from contextlib import closing
from dataclasses import replace
from uuid import UUID

from shared.db.deliveries import claim_delivery
from shared.db.engine import Sessions
from shared.domain.delivery import Outcome
from shared.domain.ids import WorkspaceId
from tests.factories import job_up_to
from tests.integration.webhooks.conftest import (
    an_endpoint,
    run_sql,
    send_due,
    the_log,
)
from tests.receiver import Receiver
from worker.crew import Crew
from worker.deliver import Deliverer


def test_a_sender_that_died_after_its_post_is_followed_by_another_with_the_same_id(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId
) -> None:
    an_endpoint(sessions, workspace, receiver.url)
    job_up_to(sessions, "succeeded")
    with sessions.begin() as session:
        claim = claim_delivery(session, "dying", 45.0)
    assert claim is not None
    body, headers = deliverer._message(claim)
    deliverer._post(claim.url, body, headers)
    assert send_due(deliverer) == 0
    run_sql(sessions, "UPDATE delivery SET leased_until = now()")

    assert send_due(deliverer) == 1
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    deliverer._settle(claim, Outcome(status=500, latency_s=0.1), give_up_s=0.0)
    [delivery] = the_log(sessions, workspace)
    assert (delivery.state, len(delivery.attempts)) == ("delivered", 1)


def test_a_delivery_that_ten_senders_vanished_with_is_dead(sessions: Sessions, workspace: WorkspaceId) -> None:
    an_endpoint(sessions, workspace, "http://127.0.0.1:1/")
    job_up_to(sessions, "succeeded")
    claims = 0
    for _ in range(12):
        with sessions.begin() as session:
            claims += claim_delivery(session, "dying", 0.0) is not None

    assert claims == 10
    [delivery] = the_log(sessions, workspace)
    assert (delivery.state, delivery.attempts) == ("dead", ())


def test_receivers_that_never_answer_keep_senders_free_for_the_others(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0), backlog=64)) as silent:
        an_endpoint(sessions, workspace, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        for _ in range(20):
            job_up_to(sessions, "succeeded")
        an_endpoint(sessions, workspace, receiver.url)
        job_up_to(sessions, "succeeded")
        crew = Crew("sender", 8, deliverer.find, poll_s=0.1)
        crew.start()
        receiver.wait_for(1, timeout_s=14.0)  # before the first of the silent ones is given up
        crew.stop(timeout_s=5.0)
    while any(delivery.state == "leased" for delivery in the_log(sessions, workspace)):
        time.sleep(0.1)


def test_two_senders_never_hold_the_same_delivery(sessions: Sessions, workspace: WorkspaceId) -> None:
    an_endpoint(sessions, workspace, "http://127.0.0.1:1/")
    an_endpoint(sessions, workspace, "http://127.0.0.1:2/")
    for _ in range(3):
        job_up_to(sessions, "succeeded")
    claimed: list[UUID] = []

    def claim_all() -> None:
        while True:
            with sessions.begin() as session:
                claim = claim_delivery(session, "w", 45.0)
            if claim is None:
                return
            claimed.append(claim.id)

    threads = [threading.Thread(target=claim_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 6


def test_the_deliverer_of_another_lease_is_told_apart_by_its_token(
    sessions: Sessions, deliverer: Deliverer, workspace: WorkspaceId
) -> None:
    an_endpoint(sessions, workspace, "http://127.0.0.1:1/")
    job_up_to(sessions, "succeeded")
    with sessions.begin() as session:
        claim = claim_delivery(session, "w", 45.0)
    assert claim is not None
    deliverer._settle(replace(claim, token=claim.token + 1), Outcome(status=200, latency_s=0.1), give_up_s=0.0)

    assert the_log(sessions, workspace)[0].state == "leased"
