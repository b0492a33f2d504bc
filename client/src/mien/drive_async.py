"""Carries operations out on an event loop; files are read and written by threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import AsyncExitStack, closing
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2

from mien.transport import READ_BYTES, Body, arguments, in_our_words, opened, reply_of
from mien.wire import Do, Effect, Give, Op, Open, Pause, Read, Reply, Request, Send

T = TypeVar("T")
PIECES_AT_ONCE = 16  # a change of threads for each would cost more than the reading


class AsyncDriver:
    """Belongs to one event loop."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def run(self, op: Op[T]) -> T:
        """To the end of an operation that gives one value."""
        async with _Hands(self.http) as hands:
            with closing(op):
                go_on: Callable[[], Effect] = partial(op.send, None)
                while True:
                    try:
                        asked = go_on()
                    except StopIteration as end:
                        return end.value  # type: ignore[no-any-return]
                    go_on = await _next(op, hands, asked)

    async def each(self, op: Generator[Effect | Give[T], Any, None]) -> AsyncGenerator[T, None]:
        """The items that an operation gives, each when it is asked for."""
        async with _Hands(self.http) as hands:
            with closing(op):
                go_on: Callable[[], Effect | Give[T]] = partial(op.send, None)
                while True:
                    try:
                        asked = go_on()
                    except StopIteration:
                        return
                    if isinstance(asked, Give):
                        yield asked.item
                        go_on = partial(op.send, None)
                    else:
                        go_on = await _next(op, hands, asked)


async def _next(op: Generator[Any, Any, Any], hands: _Hands, asked: Effect) -> Callable[[], Any]:
    """Do what was asked for; what becomes of it is the operation's to judge."""
    try:
        return partial(op.send, await hands.do(asked))
    except Exception as error:  # noqa: BLE001, raised in the operation
        return partial(op.throw, error)


class _Hands:
    """Does what one operation asks for; holds what it has open."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self._held = AsyncExitStack()
        self._pieces: AsyncIterator[bytes] = _read(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._held.aclose()

    async def do(self, asked: Effect) -> Any:
        match asked:
            case Send(request):
                return await self._send(request)
            case Open(request):
                return await self._open(request)
            case Read():
                with in_our_words(self._http.base_url):
                    return await anext(self._pieces, b"")
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case Do(work):
                return await asyncio.to_thread(work)

    async def _send(self, request: Request) -> Reply:
        with opened(request) as body, in_our_words(self._http.base_url):
            response = await self._http.send(self._http.build_request(**arguments(request, body, _read(body))))
            return reply_of(response, response.content)

    async def _open(self, request: Request) -> Reply:
        await self._held.aclose()
        with in_our_words(self._http.base_url):
            response = await self._http.send(self._http.build_request(**arguments(request, None, None)), stream=True)
            self._held.push_async_callback(response.aclose)
            self._pieces = response.aiter_bytes()
            return reply_of(response, b"" if response.status_code in (200, 206) else await response.aread())


async def _read(body: Body | None) -> AsyncIterator[bytes]:
    while body is not None and (data := await asyncio.to_thread(body.read, PIECES_AT_ONCE * READ_BYTES)):
        body.note()
        yield data
