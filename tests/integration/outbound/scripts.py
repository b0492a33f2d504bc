"""What a receiver may do to somebody who asks it something."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

Script = Callable[[socket.socket], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def say(answer: bytes) -> Script:
    return lambda connection: connection.sendall(answer)


def say_and_leave(answer: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    return script


def say_nothing(connection: socket.socket) -> None:
    """The connection stays open."""


def drip(start: bytes, piece: bytes) -> Script:
    """Says pieces for as long as anybody listens."""

    def script(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(piece)
            time.sleep(0.01)

    return script


def read_slowly(connection: socket.socket) -> None:
    """A byte now and then, until the other side leaves."""
    while connection.recv(1):
        time.sleep(0.01)


def read_nothing(connection: socket.socket) -> None:
    """Longer than a test wants to wait."""
    time.sleep(2)
