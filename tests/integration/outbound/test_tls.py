from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from shared.outbound.client import OutboundClient
from shared.outbound.errors import NoAnswer
from tests.integration.outbound.conftest import LOOPBACK, Greeting, Receive, Receiver
from tests.integration.outbound.scripts import OK, Script, drip, say, say_and_leave, say_nothing

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make certificates")

TO_THE_END = b"HTTP/1.1 200 OK\r\n\r\nabc"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of this machine, signed by nobody else; with its key in one file."""
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    uses = ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]  # Python 3.13 insists
    subprocess.run([*command, *names, *uses, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.fixture(scope="session")
def encrypting(certificate: Path) -> Greeting:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return lambda connection: context.wrap_socket(connection, server_side=True)


@pytest.fixture
def trusting(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> OutboundClient:
    """A client of an operator who trusts this certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    return OutboundClient(LOOPBACK)


def body_of(client: OutboundClient, receiver: Receiver, host: str = "127.0.0.1", limit_s: float = 10) -> bytes:
    with client.open("GET", f"https://{host}:{receiver.port}/", headers={}, limit_s=limit_s) as answer:
        return b"".join(answer.chunks())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_who_shows_a_trusted_certificate_is_asked(
    receive: Receive, encrypting: Greeting, trusting: OutboundClient, host: str
) -> None:
    receiver = receive(say(OK), greet=encrypting)

    assert body_of(trusting, receiver, host) == b"ok"
    assert f"host: {host}:{receiver.port}" in receiver.requests[0]


def test_who_vouches_only_for_himself_is_not_asked(
    receive: Receive, encrypting: Greeting, client: OutboundClient
) -> None:
    receiver = receive(say(OK), greet=encrypting)

    with pytest.raises(NoAnswer) as failure:
        body_of(client, receiver)

    assert failure.value.reason == "tls_failed"
    assert receiver.requests == []


def test_who_shows_the_certificate_of_another_is_not_asked(
    receive: Receive, encrypting: Greeting, trusting: OutboundClient
) -> None:
    receiver = receive(say(OK), "127.0.0.2", greet=encrypting)

    with pytest.raises(NoAnswer) as failure:
        body_of(trusting, receiver, "127.0.0.2")

    assert failure.value.reason == "tls_failed"
    assert receiver.requests == []


def test_who_does_not_speak_tls_is_not_asked(receive: Receive, client: OutboundClient) -> None:
    def answer_in_plain_text(connection: socket.socket) -> socket.socket:
        connection.sendall(OK)
        return connection

    with pytest.raises(NoAnswer) as failure:
        body_of(client, receive(say_nothing, greet=answer_in_plain_text))

    assert failure.value.reason == "tls_failed"


def drip_a_record(connection: socket.socket) -> socket.socket:
    """The beginning of a handshake that never comes to its end."""
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
    while True:
        connection.sendall(b"\0")
        time.sleep(0.01)


def never_greet(connection: socket.socket) -> socket.socket:
    while connection.recv(65536):
        pass
    return connection


@pytest.mark.parametrize("greet", [never_greet, drip_a_record])
def test_a_handshake_that_takes_too_long_is_left(receive: Receive, client: OutboundClient, greet: Greeting) -> None:
    with pytest.raises(NoAnswer) as failure:
        body_of(client, receive(say(OK), greet=greet), limit_s=0.3)

    assert failure.value.reason == "timeout"


@pytest.mark.parametrize("script", [say_nothing, drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"a"), drip(TO_THE_END, b"a")])
def test_an_encrypted_answer_has_the_same_limit(
    receive: Receive, encrypting: Greeting, trusting: OutboundClient, script: Script
) -> None:
    with pytest.raises(NoAnswer) as failure:
        body_of(trusting, receive(script, greet=encrypting), limit_s=0.5)

    assert failure.value.reason == "timeout"


def test_a_body_that_ends_without_a_farewell_is_lost(
    receive: Receive, encrypting: Greeting, trusting: OutboundClient
) -> None:
    with pytest.raises(NoAnswer) as failure:
        body_of(trusting, receive(say_and_leave(TO_THE_END), greet=encrypting))

    assert failure.value.reason == "connection_lost"


def test_a_body_that_ends_with_a_farewell_is_whole(
    receive: Receive, encrypting: Greeting, trusting: OutboundClient
) -> None:
    def say_goodbye(connection: socket.socket) -> None:
        assert isinstance(connection, ssl.SSLSocket)
        connection.sendall(TO_THE_END)
        connection.unwrap()

    assert body_of(trusting, receive(say_goodbye, greet=encrypting)) == b"abc"
