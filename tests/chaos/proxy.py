"""A link that can be cut, slowed, held up or swallowed while processes use it.

with Proxy(socket_path) as proxy:
    url = f"redis://127.0.0.1:{proxy.port}/0"
    proxy.hole()
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

HOST = "127.0.0.1"
PORTS = range(20_000, 32_000)  # below those that the kernel gives to clients, so that a closed port stays ours
CHUNK_BYTES = 1 << 16
AT_ONCE = struct.pack("ii", 1, 0)  # closing sends a reset, as a firewall does, rather than a farewell

Mode = Literal["open", "cut", "hole", "held"]


class Proxy:
    """TCP on loopback to a unix socket, or to another port; its ways are switched from any thread.

    - `open`: everything passes, each piece after `delay_s`.
    - `cut`: what was connected is reset, and new connections are refused.
    - `hole`: new connections are taken and every byte disappears, also the news that a side is gone.
    - `held`: the same, but all that was sent arrives once the link opens again, as after lost packets.
    """

    def __init__(self, target: Path | int) -> None:
        self.port = free_port()
        self.delay_s = 0.0
        self._target = target
        self._mode: Mode = "open"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[StreamWriter] = set()
        self._damaged: set[StreamWriter] = set()
        self._opened = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._switch("open"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._switch("cut"))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def mode(self) -> Mode:
        return self._mode

    def open(self, delay_s: float = 0.0) -> None:
        """Let everything pass again; a connection that lost bytes in a hole is reset."""
        self.delay_s = delay_s
        self._do(self._switch("open"))

    def cut(self) -> None:
        self._do(self._switch("cut"))

    def hole(self) -> None:
        self._do(self._switch("hole"))

    def hold(self) -> None:
        self._do(self._switch("held"))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _switch(self, mode: Mode) -> None:
        self._mode = mode
        if mode == "cut":
            await self._close()
        elif self._server is None:
            self._server = await asyncio.start_server(self._link, HOST, self.port)
        if mode == "open":
            self._reset(self._damaged)
        if mode in ("open", "cut"):
            self._opened.set()
        else:
            self._opened.clear()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._reset(self._writers)
        await asyncio.sleep(0)

    def _reset(self, writers: set[StreamWriter]) -> None:
        for writer in list(writers):
            link = writer.get_extra_info("socket")
            with suppress(OSError):  # it has ended by itself meanwhile
                if link.family == socket.AF_INET:
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            writer.transport.abort()
        writers.clear()

    async def _link(self, client: StreamReader, to_client: StreamWriter) -> None:
        """Carry one connection, both ways, until both have ended."""
        try:
            server, to_server = await self._connect()
        except OSError:
            to_client.transport.abort()
            return
        ends = {to_client, to_server}
        self._writers |= ends
        await asyncio.gather(self._pump(client, to_server, ends), self._pump(server, to_client, ends))
        self._writers -= ends
        self._damaged -= ends

    async def _connect(self) -> tuple[StreamReader, StreamWriter]:
        if isinstance(self._target, int):
            return await asyncio.open_connection(HOST, self._target)
        return await asyncio.open_unix_connection(self._target)

    async def _pump(self, source: StreamReader, sink: StreamWriter, ends: set[StreamWriter]) -> None:
        try:
            while data := await source.read(CHUNK_BYTES):
                await asyncio.sleep(self.delay_s)
                if self._mode == "held":
                    await self._opened.wait()
                if self._mode == "hole":
                    self._damaged |= ends
                else:
                    sink.write(data)
                    await sink.drain()
        except OSError:
            pass
        await self._opened.wait()  # in a hole nobody hears of the end of the other
        sink.close()


def free_port() -> int:
    """A port that nobody else is given while its server is down."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        return port
