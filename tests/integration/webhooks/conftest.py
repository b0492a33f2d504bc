"""A deliverer on a database of the test's own, and receivers that answer as they are told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from shared.db.delivery_log import DeliveryFilter, list_deliveries
from shared.db.endpoints import create_endpoint, get_endpoint
from shared.db.engine import Sessions
from shared.db.workspaces import ensure_workspace
from shared.domain.delivery import Delivery, Endpoint, EventType
from shared.domain.ids import WorkspaceId
from shared.domain.links import Links
from shared.outbound.addresses import parse_networks
from shared.outbound.client import OutboundClient
from shared.webhooks.payload import PayloadPolicy
from shared.webhooks.signing import new_secret
from tests.receiver import Receiver, receiving
from worker.deliver import Deliverer

SECRET = new_secret()


@pytest.fixture(scope="module")
def client() -> OutboundClient:
    return OutboundClient(parse_networks(["127.0.0.0/8"]))


@pytest.fixture
def deliverer(sessions: Sessions, client: OutboundClient) -> Deliverer:
    policy = PayloadPolicy(links=Links("https://mien.example"))
    return Deliverer(sessions=sessions, client=client, policy=policy, name="w", lease_s=45.0, random=lambda: 0.0)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def workspace(sessions: Sessions) -> WorkspaceId:
    with sessions.begin() as session:
        return ensure_workspace(session, "default")


def an_endpoint(
    sessions: Sessions, workspace: WorkspaceId, url: str, *event_types: EventType, secret: str = SECRET
) -> Endpoint:
    with sessions.begin() as session:
        return create_endpoint(session, workspace, url=url, event_types=event_types, description=None, secret=secret)


def send_due(deliverer: Deliverer) -> int:
    """Everything that is due now, one after the other."""
    sent = 0
    while errand := deliverer.find():
        errand()
        sent += 1
    return sent


def the_log(sessions: Sessions, workspace: WorkspaceId) -> list[Delivery]:
    with sessions.begin() as session:
        return list_deliveries(session, workspace, DeliveryFilter(), limit=100, before=None)


def run_sql(sessions: Sessions, statement: str) -> None:
    with sessions.begin() as session:
        session.execute(text(statement))


def endpoint_now(sessions: Sessions, endpoint: Endpoint) -> Endpoint:
    with sessions.begin() as session:
        return get_endpoint(session, endpoint.workspace_id, endpoint.id)


def seconds_until_next(delivery: Delivery) -> float:
    assert delivery.next_attempt_at is not None
    return (delivery.next_attempt_at - delivery.attempts[-1].created_at).total_seconds()
