from __future__ import annotations

import pytest
from standardwebhooks import Webhook

from shared.db.delivery_log import get_delivery, redeliver
from shared.db.endpoints import rotate_secret, workspace_secret
from shared.db.engine import Sessions
from shared.db.jobs import cancel_job, insert_job
from shared.domain.errors import StateConflict
from shared.domain.ids import WorkspaceId
from shared.domain.job import JobRequest, Origin
from shared.webhooks.signing import new_secret
from tests.factories import a_video, job_up_to
from tests.integration.webhooks.conftest import (
    SECRET,
    an_endpoint,
    run_sql,
    seconds_until_next,
    send_due,
    the_log,
)
from tests.receiver import Receiver, Reply
from worker.deliver import Deliverer


def test_the_end_of_a_job_is_told_once_and_signed(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId
) -> None:
    an_endpoint(sessions, workspace, f"{receiver.url}/hook?tenant=7")
    job_id = job_up_to(sessions, "succeeded")

    assert send_due(deliverer) == 1
    assert send_due(deliverer) == 0
    [received] = receiver.received
    message = Webhook(SECRET).verify(received.body, dict(received.headers))
    assert message["type"] == "job.succeeded"
    assert message["data"]["job_id"] == f"job_{job_id.hex}"
    assert received.path == "/hook?tenant=7"
    assert received.headers["content-type"] == "application/json"
    [delivery] = the_log(sessions, workspace)
    assert delivery.state == "delivered"
    assert [(attempt.outcome.status, attempt.outcome.answer) for attempt in delivery.attempts] == [(200, "ok")]
    assert received.id == f"evt_{delivery.event.id.hex}"


def test_nobody_is_told_before_the_job_is_over_nor_of_types_not_chosen(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId
) -> None:
    an_endpoint(sessions, workspace, receiver.url, "job.failed")
    job_up_to(sessions, "running")
    job_up_to(sessions, "succeeded")

    assert send_due(deliverer) == 0


def test_an_address_that_came_with_a_job_is_told_under_the_workspaces_secret(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId
) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with sessions.begin() as session:
        secret = workspace_secret(session, workspace, new_secret())
        request = JobRequest(webhook_url=receiver.url)
        job_id = insert_job(session, a_video(session), request, origin=Origin(traceparent=trace))
    with sessions.begin() as session:
        cancel_job(session, workspace, job_id)

    assert send_due(deliverer) == 1
    [received] = receiver.received
    assert Webhook(secret).verify(received.body, dict(received.headers))["type"] == "job.canceled"
    assert received.headers["traceparent"] == trace


def test_a_redelivery_keeps_its_id_and_starts_its_schedule_anew(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId
) -> None:
    an_endpoint(sessions, workspace, receiver.url)
    job_up_to(sessions, "succeeded")
    send_due(deliverer)
    receiver.answer = lambda _: Reply(500)
    [delivery] = the_log(sessions, workspace)
    with sessions.begin() as session:
        redeliver(session, workspace, delivery.id)
    send_due(deliverer)

    first, second = receiver.received
    assert first.id == second.id
    [delivery] = the_log(sessions, workspace)
    assert [attempt.number for attempt in delivery.attempts] == [1, 2]
    assert seconds_until_next(delivery) == pytest.approx(5, abs=1)


def test_while_secrets_rotate_old_and_new_receivers_verify(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId
) -> None:
    endpoint, fresh = an_endpoint(sessions, workspace, receiver.url), new_secret()
    with sessions.begin() as session:
        rotate_secret(session, workspace, endpoint.id, fresh)
    job_up_to(sessions, "succeeded")
    send_due(deliverer)
    for secret in (SECRET, fresh):
        Webhook(secret).verify(receiver.received[0].body, dict(receiver.received[0].headers))

    run_sql(sessions, "UPDATE webhook_endpoint SET previous_secret_until = now() - interval '1 second'")
    job_up_to(sessions, "succeeded")
    send_due(deliverer)
    assert len(receiver.received[1].headers["webhook-signature"].split(" ")) == 1


def test_a_canceled_delivery_cannot_be_sent_again(
    sessions: Sessions, receiver: Receiver, workspace: WorkspaceId
) -> None:
    an_endpoint(sessions, workspace, receiver.url)
    job_up_to(sessions, "succeeded")
    run_sql(sessions, "UPDATE delivery SET state = 'canceled'")
    [delivery] = the_log(sessions, workspace)

    with sessions.begin() as session, pytest.raises(StateConflict):
        redeliver(session, workspace, delivery.id)
    with sessions.begin() as session:
        assert get_delivery(session, workspace, delivery.id).state == "canceled"


def test_an_answer_is_kept_to_its_first_kilobyte_and_as_text(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId
) -> None:
    receiver.answer = lambda _: Reply(500, body=b"\0\xff" + b"x" * 5000)
    an_endpoint(sessions, workspace, receiver.url)
    job_up_to(sessions, "succeeded")
    send_due(deliverer)

    answer = the_log(sessions, workspace)[0].attempts[0].outcome.answer
    assert answer == "\ufffd\ufffd" + "x" * 1022
