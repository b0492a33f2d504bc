"""A link to a server that does to each connection what a test has prepared for it.

with Link(port) as link:
    link.faults += [CutAfter(50_000), LoseAnswer()]
    client = Client(link.url, key)
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
CHUNK_BYTES = 1 << 14
AT_ONCE = struct.pack("ii", 1, 0)  # closing sends a reset rather than a farewell


@dataclass(frozen=True, slots=True)
class CutAfter:
    """So many bytes of what the client sends arrive; then the connection is reset."""

    sent_bytes: int


@dataclass(frozen=True, slots=True)
class CutAnswerAfter:
    """So many bytes of what the server answers arrive; then the connection is reset."""

    answered_bytes: int


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """The request arrives and is carried out; of its answer nothing comes back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a proxy says in the server's place."""

    status: str
    retry_after: str

    def to_bytes(self) -> bytes:
        head = f"HTTP/1.1 {self.status}\r\nRetry-After: {self.retry_after}\r\n"
        return f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()


Fault = CutAfter | CutAnswerAfter | LoseAnswer | Answer


class Link:
    """TCP on loopback. The next connection takes the next fault, and without one it is left in peace."""

    def __init__(self, port: int) -> None:
        self.faults: list[Fault] = []
        self.connections = 0
        self.sent_bytes = 0
        """What clients sent and the server was given, of all connections."""
        self._port = port
        self._listening = socket.create_server((HOST, 0))
        self._open: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()

    def cut(self) -> None:
        """Reset what is connected now, so that the next request meets the next fault."""
        while self._open:
            _reset(self._open.pop())

    def _accept(self) -> None:
        with suppress(OSError):  # it was closed
            while True:
                client, _ = self._listening.accept()
                self.connections += 1
                self._open.append(client)
                fault = self.faults.pop(0) if self.faults else None
                threading.Thread(target=self._carry, args=(client, fault), daemon=True).start()

    def _carry(self, client: socket.socket, fault: Fault | None) -> None:
        if isinstance(fault, Answer):
            client.recv(CHUNK_BYTES)
            client.sendall(fault.to_bytes())
            client.close()
            return None
        try:
            server = socket.create_connection((HOST, self._port))
        except OSError:
            return _reset(client)
        up = fault.sent_bytes if isinstance(fault, CutAfter) else None
        down = {CutAnswerAfter: getattr(fault, "answered_bytes", 0), LoseAnswer: 0}.get(type(fault))
        both = (client, server)
        threading.Thread(target=_pump, args=(client, server, up, both, self._count), daemon=True).start()
        return _pump(server, client, down, both, lambda _: None)

    def _count(self, sent_bytes: int) -> None:
        self.sent_bytes += sent_bytes


def _pump(
    source: socket.socket,
    sink: socket.socket,
    limit_bytes: int | None,
    both: tuple[socket.socket, socket.socket],
    count: Callable[[int], None],
) -> None:
    passed = 0
    with suppress(OSError):
        while data := source.recv(CHUNK_BYTES):
            if limit_bytes is not None and passed + len(data) > limit_bytes:
                sink.sendall(data[: limit_bytes - passed])
                break
            sink.sendall(data)
            passed += len(data)
            count(len(data))
    for end in both:
        _reset(end) if limit_bytes is not None else _end(end)


def _end(link: socket.socket) -> None:
    with suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)  # wakes who reads from it
    link.close()  # else what is still sent to it would pile up unread


def _reset(link: socket.socket) -> None:
    with suppress(OSError):
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    with suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
    link.close()
