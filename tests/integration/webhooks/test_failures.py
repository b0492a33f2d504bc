from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shared.db.deliveries import claim_delivery, settle_delivery
from shared.db.engine import Sessions
from shared.domain.delivery import Outcome
from shared.domain.ids import WorkspaceId
from tests.factories import job_up_to
from tests.integration.webhooks.conftest import (
    an_endpoint,
    endpoint_now,
    run_sql,
    seconds_until_next,
    send_due,
    the_log,
)
from tests.receiver import Receiver, Reply, receiving
from worker.deliver import Deliverer


@pytest.mark.parametrize("status", [302, 400, 404, 500])
def test_a_failure_is_tried_again_by_the_schedule_with_the_same_id_and_body(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId, status: int
) -> None:
    receiver.answer = lambda _: Reply(status, {"location": "http://127.0.0.1:1/"})
    an_endpoint(sessions, workspace, receiver.url)
    job_up_to(sessions, "succeeded")
    waits = []
    while send_due(deliverer):
        [delivery] = the_log(sessions, workspace)
        if delivery.state == "ready":
            waits.append(round(seconds_until_next(delivery)))
            run_sql(sessions, "UPDATE delivery SET not_before = now()")

    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert len({(received.id, received.body) for received in receiver.received}) == 1
    [delivery] = the_log(sessions, workspace)
    assert delivery.state == "dead"
    assert [attempt.outcome.status for attempt in delivery.attempts] == [status] * 10


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_asks_for_a_pause_gets_it(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId, status: int, form: str
) -> None:
    later = "900" if form == "seconds" else format_datetime(datetime.now(UTC) + timedelta(seconds=900), usegmt=True)
    receiver.answer = lambda _: Reply(status, {"retry-after": later})
    an_endpoint(sessions, workspace, receiver.url)
    job_up_to(sessions, "succeeded")
    send_due(deliverer)

    [delivery] = the_log(sessions, workspace)
    assert seconds_until_next(delivery) == pytest.approx(900, abs=30)


def test_a_receiver_that_is_gone_is_disabled_and_the_others_are_told(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId
) -> None:
    with receiving(lambda _: Reply(410)) as gone:
        doomed = an_endpoint(sessions, workspace, gone.url)
        an_endpoint(sessions, workspace, receiver.url, "endpoint.disabled")
        job_up_to(sessions, "succeeded")
        job_up_to(sessions, "succeeded")
        send_due(deliverer)
        assert len(gone.received) == 1

    now = endpoint_now(sessions, doomed)
    assert (now.state, now.disabled_reason) == ("disabled", "it answered 410 Gone")
    [notice] = receiver.received
    assert json.loads(notice.body)["data"] == {
        "endpoint_id": f"whk_{doomed.id.hex}",
        "description": None,
        "reason": "it answered 410 Gone",
    }
    assert sorted(delivery.state for delivery in the_log(sessions, workspace)) == ["dead", "dead", "delivered"]


def test_an_endpoint_that_failed_for_five_days_is_disabled(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId
) -> None:
    receiver.answer = lambda _: Reply(500)
    endpoint = an_endpoint(sessions, workspace, receiver.url)
    job_up_to(sessions, "succeeded")
    send_due(deliverer)
    assert endpoint_now(sessions, endpoint).failing_since is not None
    run_sql(sessions, "UPDATE webhook_endpoint SET failing_since = now() - interval '4 days 23 hours'")
    run_sql(sessions, "UPDATE delivery SET not_before = now()")
    send_due(deliverer)
    assert endpoint_now(sessions, endpoint).state == "active"

    run_sql(sessions, "UPDATE webhook_endpoint SET failing_since = now() - interval '5 days 1 second'")
    run_sql(sessions, "UPDATE delivery SET not_before = now()")
    send_due(deliverer)
    now = endpoint_now(sessions, endpoint)
    assert (now.state, now.disabled_reason) == ("disabled", "it failed for 5 days")


def test_one_success_ends_the_count_of_failing_days(
    sessions: Sessions, deliverer: Deliverer, receiver: Receiver, workspace: WorkspaceId
) -> None:
    endpoint = an_endpoint(sessions, workspace, receiver.url)
    run_sql(sessions, "UPDATE webhook_endpoint SET failing_since = now() - interval '9 days'")
    job_up_to(sessions, "succeeded")
    send_due(deliverer)

    now = endpoint_now(sessions, endpoint)
    assert (now.state, now.failing_since) == ("active", None)


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://169.254.169.254/latest/meta-data"])
def test_a_private_address_is_blocked_at_connect_even_if_it_was_registered(
    sessions: Sessions, deliverer: Deliverer, workspace: WorkspaceId, url: str
) -> None:
    an_endpoint(sessions, workspace, url)
    job_up_to(sessions, "succeeded")
    send_due(deliverer)

    [delivery] = the_log(sessions, workspace)
    assert (delivery.state, delivery.attempts[0].outcome.error) == ("ready", "refused_address")


def test_an_outcome_that_comes_while_the_endpoint_was_disabled_ends_its_delivery(
    sessions: Sessions, workspace: WorkspaceId
) -> None:
    an_endpoint(sessions, workspace, "http://127.0.0.1:1/")
    job_up_to(sessions, "succeeded")
    with sessions.begin() as session:
        claim = claim_delivery(session, "w", 45.0)
    assert claim is not None
    run_sql(sessions, "UPDATE webhook_endpoint SET state = 'disabled'")
    with sessions.begin() as session:
        assert settle_delivery(session, claim, Outcome(status=500, latency_s=0.1), lambda: 0.0).state == "dead"
