"""A receiver of webhooks on loopback that answers as a test tells it, and remembers everything."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Received:
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"


Answer = Callable[[Received], Reply]


class Receiver:
    def __init__(self, answer: Answer = lambda _: Reply()) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self._came = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def wait_for(self, count: int, timeout_s: float = 60.0) -> list[Received]:
        """The first so many requests; fails when they do not come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.received) >= count, timeout_s), self.received
            return self.received[:count]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _note(self, received: Received) -> None:
        with self._came:
            self.received.append(received)
            self._came.notify_all()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                received = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                receiver._note(received)
                reply = receiver.answer(received)
                self.send_response(reply.status)
                for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                """Tests look at what was received."""

        return Handler


@contextmanager
def receiving(answer: Answer = lambda _: Reply()) -> Iterator[Receiver]:
    receiver = Receiver(answer)
    try:
        yield receiver
    finally:
        receiver.close()
