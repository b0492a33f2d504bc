"""Which address is dialled is decided once."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared.outbound.addresses import parse_networks
from shared.outbound.client import OutboundClient
from shared.outbound.errors import NoAnswer
from tests.integration.outbound.conftest import LOOPBACK, Receive
from tests.integration.outbound.scripts import OK, say


class Rebinding:
    """A name that leads to other addresses each time it is asked for."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = list(answers)

    def __call__(self, host: str, port: int) -> tuple[str, ...]:
        return self._answers.pop(0)

    @property
    def unasked(self) -> int:
        return len(self._answers)


def status_of(client: OutboundClient, url: str) -> int:
    with client.open("GET", url, headers={}, limit_s=10) as answer:
        return answer.status


def test_a_name_is_resolved_once_and_dialled_where_it_led_then(receive: Receive) -> None:
    outside = receive(say(OK), "127.0.0.2")
    lookup = Rebinding(("127.0.0.2",), ("127.0.0.3",))
    client = OutboundClient(parse_networks(["127.0.0.2"]), lookup=lookup)

    assert status_of(client, f"http://hooks.example.com:{outside.port}/") == 200
    assert lookup.unasked == 1
    assert f"host: hooks.example.com:{outside.port}" in outside.requests[0]


def test_a_name_that_was_public_when_it_was_given_is_refused_once_it_leads_inside(receive: Receive) -> None:
    inside = receive(say(OK), "127.0.0.3")
    lookup = Rebinding(("127.0.0.3",))

    with pytest.raises(NoAnswer) as failure:
        status_of(OutboundClient((), lookup=lookup), f"http://hooks.example.com:{inside.port}/")

    assert failure.value.reason == "refused_address"
    assert inside.requests == []


def test_one_inner_address_among_others_keeps_all_from_being_dialled(receive: Receive) -> None:
    outside = receive(say(OK), "127.0.0.2")
    client = OutboundClient(parse_networks(["127.0.0.2"]), lookup=Rebinding(("127.0.0.2", "127.0.0.3")))

    with pytest.raises(NoAnswer) as failure:
        status_of(client, f"http://hooks.example.com:{outside.port}/")

    assert failure.value.reason == "refused_address"
    assert outside.requests == []


def test_the_next_address_is_tried_when_one_fails(receive: Receive) -> None:
    receiver = receive(say(OK), "127.0.0.2")
    client = OutboundClient(LOOPBACK, lookup=Rebinding(("127.0.0.4", "127.0.0.2")))

    assert status_of(client, f"http://hooks.example.com:{receiver.port}/") == 200


@contextmanager
def too_busy_to_accept(host: str, port: int = 0) -> Iterator[int]:
    """A port where connecting gets neither a yes nor a no, because the queue of those who wait is full."""
    with socket.create_server((host, port), backlog=0) as listener, socket.socket() as first, socket.socket() as second:
        for caller in (first, second):
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_an_address_that_keeps_silent_leaves_time_for_the_next(receive: Receive) -> None:
    receiver = receive(say(OK), "127.0.0.2")
    client = OutboundClient(LOOPBACK, lookup=Rebinding(("127.0.0.4", "127.0.0.2")))

    with (
        too_busy_to_accept("127.0.0.4", receiver.port),
        client.open("GET", f"http://hooks.example.com:{receiver.port}/", headers={}, limit_s=1) as answer,
    ):
        assert answer.status == 200


def test_a_host_that_keeps_silent_is_left(client: OutboundClient) -> None:
    with (
        too_busy_to_accept("127.0.0.4") as port,
        pytest.raises(NoAnswer) as failure,
        client.open("GET", f"http://127.0.0.4:{port}/", headers={}, limit_s=0.3),
    ):
        pass

    assert failure.value.reason == "timeout"


def test_the_system_finds_names_by_default(receive: Receive, client: OutboundClient) -> None:
    receiver = receive(say(OK))

    assert status_of(client, f"http://localhost:{receiver.port}/") == 200
    assert f"host: localhost:{receiver.port}" in receiver.requests[0]
