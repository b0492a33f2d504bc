"""Servers on loopback that say exactly what a test has them say."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from shared.outbound.addresses import parse_networks
from shared.outbound.client import OutboundClient

LOOPBACK = parse_networks(["127.0.0.0/8", "::1"])

Script = Callable[[socket.socket], None]
Greeting = Callable[[socket.socket], socket.socket]


class Receiver:
    """Greets whoever connects, reads a request up to the end of its headers, and hands over to the script."""

    def __init__(self, script: Script, host: str, greet: Greeting) -> None:
        self._script = script
        self._greet = greet
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        self.requests: list[str] = []
        self.ended = threading.Event()
        """A connection is over; unless the script ended it, the other side did."""
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, self._greet(connection) as greeted:
            self.requests.append(_read_head(greeted))
            self._script(greeted)
            while greeted.recv(65536):
                pass
        self.ended.set()


def _read_head(connection: socket.socket) -> str:
    head = b""
    while not head.endswith(b"\r\n\r\n") and (received := connection.recv(1)):
        head += received
    return head.decode()


Receive = Callable[..., Receiver]


@pytest.fixture
def receive() -> Iterator[Receive]:
    """Starts a receiver with a script: what it does with a connection once it has a request."""
    receivers: list[Receiver] = []

    def start(script: Script, host: str = "127.0.0.1", greet: Greeting = lambda connection: connection) -> Receiver:
        receivers.append(Receiver(script, host, greet))
        return receivers[-1]

    yield start
    for receiver in receivers:
        receiver.close()


@pytest.fixture(scope="session")
def client() -> OutboundClient:
    return OutboundClient(LOOPBACK)
