from __future__ import annotations

import socket

import pytest

from shared import __version__
from shared.outbound.client import OutboundClient
from tests.integration.outbound.conftest import LOOPBACK, Receive
from tests.integration.outbound.scripts import OK, say, say_and_leave


def body_of(client: OutboundClient, url: str) -> bytes:
    with client.open("GET", url, headers={}, limit_s=10) as answer:
        return b"".join(answer.chunks())


def test_a_request_says_what_was_asked_for_and_no_more(receive: Receive, client: OutboundClient) -> None:
    receiver = receive(say(OK))

    with client.open(
        "POST", f"{receiver.url}/hook?a=b#c", headers={"Webhook-Id": "evt_1"}, content=b"{}", limit_s=10
    ) as answer:
        assert (answer.status, list(answer.chunks())) == (200, [b"ok"])

    assert receiver.requests[0].split("\r\n") == [
        "POST /hook?a=b HTTP/1.1",
        f"host: 127.0.0.1:{receiver.port}",
        f"user-agent: Mien/{__version__}",
        "accept: */*",
        "accept-encoding: identity",
        "connection: close",
        "content-length: 2",
        "webhook-id: evt_1",
        "",
        "",
    ]


def test_headers_that_belong_to_the_connection_are_not_the_callers(receive: Receive, client: OutboundClient) -> None:
    receiver = receive(say(OK))

    with client.open("GET", receiver.url, headers={"Host": "inside", "Range": "bytes=5-"}, limit_s=10):
        pass

    assert "inside" not in receiver.requests[0]
    assert "range: bytes=5-" in receiver.requests[0]


def test_the_content_arrives_whole(receive: Receive, client: OutboundClient) -> None:
    content = bytes(1_000_000)
    arrived = []

    def count(connection: socket.socket) -> None:
        arrived.append(len(connection.recv(len(content), socket.MSG_WAITALL)))
        connection.sendall(OK)

    with client.open("POST", receive(count).url, headers={}, content=content, limit_s=30) as answer:
        assert answer.status == 200

    assert arrived == [len(content)]


def test_an_answer_that_comes_before_all_was_sent_is_heard(receive: Receive, client: OutboundClient) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)

    with client.open("POST", receive(refuse).url, headers={}, content=bytes(1000), limit_s=10) as answer:
        assert answer.status == 413


def test_headers_of_an_answer_are_found_in_lower_case(receive: Receive, client: OutboundClient) -> None:
    receiver = receive(
        say(b"HTTP/1.1 429 Slow Down\r\nRetry-After: 7\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n")
    )

    with client.open("GET", receiver.url, headers={}, limit_s=10) as answer:
        assert answer.headers == {"retry-after": "7", "x-a": "1, 2", "content-length": "0"}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", id="chunked"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nabc", id="up to the end"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\nabc", id="HTTP/1.0"),
        pytest.param(
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", id="hints first"
        ),
    ],
)
def test_a_body_is_read_however_its_end_is_told(receive: Receive, client: OutboundClient, answer: bytes) -> None:
    assert body_of(client, receive(say_and_leave(answer)).url) == b"abc"


def test_a_redirect_is_an_answer_like_any_other(receive: Receive, client: OutboundClient) -> None:
    elsewhere = receive(say(OK))
    receiver = receive(say(f"HTTP/1.1 302 Found\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n".encode()))

    with client.open("GET", receiver.url, headers={}, limit_s=10) as answer:
        assert (answer.status, answer.headers["location"]) == (302, f"{elsewhere.url}/")

    assert elsewhere.requests == []


def test_proxies_of_the_environment_are_not_used(receive: Receive, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, receiver = receive(say(OK)), receive(say(OK))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)

    assert body_of(OutboundClient(LOOPBACK), receiver.url) == b"ok"
    assert proxy.requests == []


def test_cookies_are_not_kept(receive: Receive, client: OutboundClient) -> None:
    receiver = receive(say(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok"))

    for _ in range(2):
        assert body_of(client, receiver.url) == b"ok"

    assert len(receiver.requests) == 2
    assert "cookie" not in receiver.requests[1]


def test_an_ipv6_address_is_reached(receive: Receive, client: OutboundClient) -> None:
    try:
        receiver = receive(say(OK), "::1")
    except OSError:
        pytest.skip("this machine has no IPv6")

    assert body_of(client, f"{receiver.url}/x") == b"ok"
    assert f"host: [::1]:{receiver.port}" in receiver.requests[0]


def test_the_connection_ends_with_the_request_whatever_was_read(receive: Receive, client: OutboundClient) -> None:
    receiver = receive(say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc"))

    with client.open("GET", receiver.url, headers={}, limit_s=10) as answer:
        assert next(answer.chunks()) == b"abc"

    assert receiver.ended.wait(timeout=10)


def test_errors_of_the_caller_pass_through(receive: Receive, client: OutboundClient) -> None:
    receiver = receive(say(OK))

    with pytest.raises(ZeroDivisionError), client.open("GET", receiver.url, headers={}, limit_s=10):
        raise ZeroDivisionError

    assert receiver.ended.wait(timeout=10)


def test_a_header_that_would_be_two_is_a_mistake_of_ours(receive: Receive, client: OutboundClient) -> None:
    receiver = receive(say(OK))

    with (
        pytest.raises(ValueError, match="cannot be sent") as mistake,
        client.open("GET", receiver.url, headers={"X-A": "s3cret\r\nX-B: 2"}, limit_s=10),
    ):
        pass

    assert "s3cret" not in str(mistake.value)
