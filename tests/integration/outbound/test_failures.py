"""Every way in which others can fail us has one word, and none outlasts its limit."""

from __future__ import annotations

import logging
import socket

import pytest

from shared.outbound.client import OutboundClient
from shared.outbound.errors import NoAnswer
from tests.integration.outbound.conftest import LOOPBACK, Receive
from tests.integration.outbound.scripts import Script, drip, read_nothing, read_slowly, say, say_and_leave, say_nothing

IN_PARTS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
TO_THE_END = b"HTTP/1.1 200 OK\r\n\r\n"


def reason_of(
    client: OutboundClient, url: str, *, content: bytes = b"", limit_s: float | None = 10, idle_s: float = 10
) -> str:
    with (
        pytest.raises(NoAnswer) as failure,
        client.open("POST", url, headers={}, content=content, limit_s=limit_s, idle_s=idle_s) as answer,
    ):
        list(answer.chunks())
    return failure.value.reason


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(say_nothing, id="no answer"),
        pytest.param(drip(b"", b"H"), id="a status line that never ends"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"a"), id="headers that never end"),
        pytest.param(drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), id="hints without an answer"),
        pytest.param(say(TO_THE_END), id="no body"),
        pytest.param(drip(TO_THE_END, b"a"), id="a body that never ends"),
        pytest.param(drip(IN_PARTS, b"1\r\na\r\n"), id="parts that never end"),
        pytest.param(drip(IN_PARTS + b"1;", b"a"), id="a part that never begins"),
    ],
)
def test_whatever_takes_too_long_is_left(receive: Receive, client: OutboundClient, script: Script) -> None:
    receiver = receive(script)

    assert reason_of(client, receiver.url, limit_s=0.3) == "timeout"
    assert receiver.ended.wait(timeout=10)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(say_nothing, id="no answer"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"a"), id="headers that never end"),
        pytest.param(say(TO_THE_END + b"abc"), id="silence after a start"),
        pytest.param(drip(IN_PARTS + b"1;", b"a"), id="a part that never begins"),
    ],
)
def test_without_a_limit_silence_still_has_one(receive: Receive, client: OutboundClient, script: Script) -> None:
    assert reason_of(client, receive(script).url, limit_s=None, idle_s=0.3) == "timeout"


def test_a_body_that_goes_on_may_outlast_the_idle_time(receive: Receive, client: OutboundClient) -> None:
    receiver = receive(drip(IN_PARTS, b"1\r\na\r\n"))

    with client.open("GET", receiver.url, headers={}, limit_s=None, idle_s=1) as answer:
        for arrived, _ in enumerate(answer.chunks()):
            if arrived == 150:
                break


def test_a_receiver_that_does_not_read_is_left(receive: Receive, client: OutboundClient) -> None:
    content = bytes(20_000_000)

    assert reason_of(client, receive(read_slowly).url, content=content, limit_s=0.3) == "timeout"
    assert reason_of(client, receive(read_nothing).url, content=content, limit_s=0.3) == "timeout"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="before it began"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-A: ", id="in the headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", id="in the body"),
        pytest.param(IN_PARTS + b"5\r\nabc", id="in a part"),
        pytest.param(IN_PARTS + b"3\r\nabc\r\n", id="before the last part"),
    ],
)
def test_a_connection_cut_short_is_lost(receive: Receive, client: OutboundClient, answer: bytes) -> None:
    assert reason_of(client, receive(say_and_leave(answer)).url) == "connection_lost"


def test_a_connection_that_is_reset_is_lost(receive: Receive, client: OutboundClient) -> None:
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    assert reason_of(client, receive(reset).url) == "connection_lost"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n", id="a huge header"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X-A: a\r\n" * 40_000 + b"\r\n", id="very many headers"),
        pytest.param(b"220 mail.example.com ESMTP\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", id="two lengths"),
        pytest.param(b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", id="no header"),
        pytest.param(IN_PARTS + b"x\r\n", id="no length of a part"),
    ],
)
def test_an_answer_that_is_none_is_broken(receive: Receive, client: OutboundClient, answer: bytes) -> None:
    assert reason_of(client, receive(say(answer)).url) == "broken_answer"


def test_a_port_where_nobody_listens_fails_to_connect(client: OutboundClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    assert reason_of(client, f"http://127.0.0.1:{port}/") == "connect_failed"


def test_a_name_that_nobody_knows_has_no_host() -> None:
    def nowhere(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    assert reason_of(OutboundClient(LOOPBACK, lookup=nowhere), "http://example.com/") == "no_such_host"


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "ftp://127.0.0.1:{port}/"])
def test_an_address_that_is_not_allowed_is_not_dialled(receive: Receive, url: str) -> None:
    receiver = receive(say_nothing)

    assert reason_of(OutboundClient(()), url.format(port=receiver.port)) == "refused_address"
    assert receiver.requests == []


def test_a_failure_tells_nothing_about_the_address(
    receive: Receive, client: OutboundClient, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = receive(say(b"nonsense\r\n\r\n"))
    caplog.set_level(logging.DEBUG)

    with (
        pytest.raises(NoAnswer) as failure,
        client.open("GET", f"{receiver.url}/s3cret?token=s3cret", headers={"X-Key": "s3cret"}, limit_s=10),
    ):
        pass

    assert str(failure.value) == "broken_answer"
    assert "s3cret" not in caplog.text
