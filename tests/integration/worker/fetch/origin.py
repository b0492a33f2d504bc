"""A server on loopback that gives a recording out, or does not, as a test has it."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    headers: dict[str, str]
    """Names in lower case."""

    @property
    def first_byte(self) -> int:
        """From which byte on the file is asked for."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        return int(found[1]) if found else 0


class Exchange:
    """One request and the connection on which it is answered. The connection is closed at the end."""

    def __init__(self, request: Request, connection: socket.socket, origin: Origin) -> None:
        self.request = request
        self._connection = connection
        self._origin = origin

    def head(self, status: int, headers: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} Said So", *(f"{name}: {value}" for name, value in headers.items())]
        self.say(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def say(self, said: bytes) -> None:
        self._connection.sendall(said)

    def give(self, content: bytes) -> None:
        """A part of the file, which is counted."""
        self._origin.given_bytes += len(content)
        self.say(content)


Script = Callable[[Exchange], None]


class Origin:
    """Answers the first request by the first script, and so on; all further ones by the last."""

    def __init__(self, scripts: tuple[Script, ...]) -> None:
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/interview.mp4"
        self.requests: list[Request] = []
        self.given_bytes = 0
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
        with suppress(OSError), connection:
            request = _read(connection)
            self.requests.append(request)
            script = self._scripts[min(len(self.requests), len(self._scripts)) - 1]
            script(Exchange(request, connection, self))


def _read(connection: socket.socket) -> Request:
    head = b""
    while not head.endswith(b"\r\n\r\n") and (received := connection.recv(1)):
        head += received
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Request(first.split()[1], {name.lower(): value for name, value in headers.items()})


@contextmanager
def originating(*scripts: Script) -> Iterator[Origin]:
    origin = Origin(scripts)
    try:
        yield origin
    finally:
        origin.close()


def give(
    content: bytes, *, up_to: int | None = None, headers: dict[str, str] | None = None, ranges: bool = True
) -> Script:
    """Answers as a good server does, and cuts the connection before byte `up_to` of the file.

    Args:
        content: The whole file.
        up_to: None is all of it.
        headers: With a validator, if the file has one.
        ranges: Whether a range is given when one is asked for.
    """
    told = {"ETag": '"one"'} if headers is None else headers

    def script(exchange: Exchange) -> None:
        condition = exchange.request.headers.get("if-range")
        if ranges and condition and condition in told.values():
            give_part(exchange, content, exchange.request.first_byte, told, up_to)
        else:
            exchange.head(200, {**told, "Content-Length": str(len(content))})
            exchange.give(content[:up_to])

    return script


def give_part(
    exchange: Exchange, content: bytes, first: int, headers: dict[str, str], up_to: int | None = None
) -> None:
    extent = {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"}
    exchange.head(206, {**headers, **extent, "Content-Length": str(len(content) - first)})
    exchange.give(content[first:up_to])


def drip(exchange: Exchange) -> None:
    """Bytes for as long as anybody listens."""
    while True:
        exchange.give(b"x")
        time.sleep(0.01)


class Pausing:
    """Gives the first half of a file, and goes on when it is told to.

    Args:
        then: How it goes on; with the second half if nothing else is said.
    """

    def __init__(self, content: bytes, then: Script | None = None) -> None:
        self._content = content
        self._then = then or self._give_the_rest
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        exchange.head(200, {"ETag": '"one"', "Content-Length": str(len(self._content))})
        exchange.give(self._content[: len(self._content) // 2])
        self.begun.set()
        if self.go_on.wait(60):
            self._then(exchange)

    def _give_the_rest(self, exchange: Exchange) -> None:
        exchange.give(self._content[len(self._content) // 2 :])


def answer(status: int, headers: dict[str, str] | None = None) -> Script:
    return lambda exchange: exchange.head(status, {"Content-Length": "0", **(headers or {})})


def redirect(location: str) -> Script:
    return answer(302, {"Location": location})
