"""Receivers fail in every way, and senders die (faults 20 and 21)."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from shared.crash import CrashPoint
from tests.chaos.fleet import Member
from tests.chaos.site import SECRET, Site
from tests.chaos.waiting import until
from tests.receiver import Receiver, Reply, receiving

LOOPBACK = {"MIEN_ALLOWED_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture(autouse=True)
def nobody_else(site: Site) -> Iterator[None]:
    """An endpoint lives as long as its test."""
    yield
    site.ground.sql("UPDATE delivery SET state = 'canceled' WHERE state IN ('ready', 'leased')")
    site.ground.sql("UPDATE webhook_endpoint SET state = 'deleted'")


def a_worker(site: Site) -> Member:
    return site.fleet.worker(**LOOPBACK)


def state_of(site: Site, url: str) -> Any:
    """The one delivery to that address."""
    query = "SELECT delivery.state, attempts, losses, status, error FROM delivery LEFT JOIN attempt ON delivery_id = id"
    rows = site.ground.sql(f"{query} WHERE url = :url ORDER BY number DESC LIMIT 1", url=url)
    return rows[0] if rows else None


@pytest.mark.parametrize("point", ["delivery_claimed", "delivery_posted", "delivery_settled"])
def test_a_sender_that_dies_is_followed_by_another_with_the_same_id(
    site: Site, receiver: Receiver, recording: Path, point: CrashPoint
) -> None:
    site.tell(receiver.url)
    site.fleet.die_at(point)
    worker = a_worker(site)
    job_id = site.client.submit(recording)
    worker.wait()
    assert site.fleet.was_hit(point)
    a_worker(site)
    site.client.end_of(job_id)
    until(lambda: state_of(site, receiver.url).state == "delivered", "the event is delivered")

    assert len({received.id for received in receiver.received}) == 1
    assert len({received.body for received in receiver.received}) == 1
    assert len(receiver.received) == (2 if point == "delivery_posted" else 1)
    for received in receiver.received:
        assert Webhook(SECRET).verify(received.body, dict(received.headers))["type"] == "job.succeeded"
    site.assert_sound()


def test_bad_receivers_get_what_the_schedule_says_and_delay_no_good_one(
    site: Site, receiver: Receiver, recording: Path
) -> None:
    statuses = (500, 302, 410, 429)
    with ExitStack() as held:
        bad = {status: held.enter_context(receiving(_answering(status))).url for status in statuses}
        silent = held.enter_context(closing(socket.create_server(("127.0.0.1", 0))))
        never = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        drip = held.enter_context(dripping())
        for url in (*bad.values(), never, drip, receiver.url):
            site.tell(url)
        a_worker(site)
        job_id = site.client.submit(recording)
        site.client.end_of(job_id)
        receiver.wait_for(1)
        assert state_of(site, never).status is None, "the good one was told before the silent one was given up"
        until(lambda: state_of(site, never).error == "timeout", "the silent one is given up")
        until(lambda: state_of(site, drip).error == "timeout", "the dripping one is given up")

        assert {status: state_of(site, url).status for status, url in bad.items()} == dict(
            zip(statuses, statuses, strict=True)
        )
        assert state_of(site, bad[410]).state == "dead"
        assert all(state_of(site, bad[status]).state in ("ready", "leased") for status in (500, 302, 429))


@contextmanager
def dripping() -> Iterator[str]:
    """A receiver whose answer never comes to its end, though a byte of it comes every half second."""

    def drip() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            for byte in itertools.chain(b"HTTP/1.1 200 OK\r\nx: ", itertools.repeat(ord("x"))):
                connection.sendall(bytes([byte]))
                time.sleep(0.5)

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=drip, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def _answering(status: int) -> Callable[[Any], Reply]:
    return lambda _: Reply(status, {"location": "http://127.0.0.1:1/", "retry-after": "60"})
