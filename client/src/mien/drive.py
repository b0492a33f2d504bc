"""Carries operations out in the thread that asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2

from mien.transport import READ_BYTES, Body, arguments, in_our_words, opened, reply_of
from mien.wire import Do, Effect, Give, Op, Open, Pause, Read, Reply, Request, Send

T = TypeVar("T")
R = TypeVar("R")


class Driver:
    """Thread-safe, as the HTTP library's client is."""

    def __init__(self, http: httpx2.Client) -> None:
        self.http = http

    def run(self, op: Op[T]) -> T:
        """To the end of an operation that gives one value."""
        try:
            next(self.each(op))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        raise AssertionError("an operation that ends with a value gives no items")

    def each(self, op: Generator[Effect | Give[T], Any, R]) -> Generator[T, None, R]:
        """The items that an operation gives, each when it is asked for."""
        with closing(op), _Hands(self.http) as hands:
            go_on: Callable[[], Effect | Give[T]] = partial(op.send, None)
            while True:
                try:
                    asked = go_on()
                except StopIteration as end:
                    return end.value  # type: ignore[no-any-return]
                if isinstance(asked, Give):
                    yield asked.item
                    go_on = partial(op.send, None)
                else:
                    go_on = _next(op, hands, asked)


def _next(op: Generator[Any, Any, Any], hands: _Hands, asked: Effect) -> Callable[[], Any]:
    """Do what was asked for; what becomes of it is the operation's to judge."""
    try:
        return partial(op.send, hands.do(asked))
    except Exception as error:  # noqa: BLE001, raised in the operation
        return partial(op.throw, error)


class _Hands:
    """Does what one operation asks for; holds what it has open."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self._held = ExitStack()
        self._pieces: Iterator[bytes] = iter(())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def do(self, asked: Effect) -> Any:
        match asked:
            case Send(request):
                return self._send(request)
            case Open(request):
                return self._open(request)
            case Read():
                with in_our_words(self._http.base_url):
                    return next(self._pieces, b"")
            case Pause(seconds):
                return time.sleep(seconds)
            case Do(work):
                return work()

    def _send(self, request: Request) -> Reply:
        with opened(request) as body, in_our_words(self._http.base_url):
            response = self._http.send(self._http.build_request(**arguments(request, body, _read(body))))
            return reply_of(response, response.content)

    def _open(self, request: Request) -> Reply:
        self._held.close()
        with in_our_words(self._http.base_url):
            response = self._http.send(self._http.build_request(**arguments(request, None, None)), stream=True)
            self._held.callback(response.close)
            self._pieces = response.iter_bytes()
            return reply_of(response, b"" if response.status_code in (200, 206) else response.read())


def _read(body: Body | None) -> Iterator[bytes]:
    while body is not None and (data := body.read(READ_BYTES)):
        body.note()
        yield data
