"""Requests at a steady rate, whatever the server does: each is due at its time, and its latency counts from there.

A client that waits for one answer before it sends the next would hide exactly the
waits that it is to measure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from time import perf_counter

CONNECTIONS = 64  # enough that a request never waits for a free one while the server keeps up
LEAD_S = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Latencies:
    """In milliseconds, from when a request was due to the end of its answer."""

    requests: int
    rate_per_s: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    worst_ms: float
    refused: int
    """Answers other than the expected status."""


def offer(host: str, port: int, requests: Sequence[bytes], *, rate: float, seconds: float, status: int) -> Latencies:
    """Send the requests in turn, so many a second.

    Args:
        requests: Whole HTTP/1.1 requests.
        status: What each should be answered with.
    """
    return asyncio.run(_offer(host, port, requests, rate, seconds, status))


async def _offer(
    host: str, port: int, requests: Sequence[bytes], rate: float, seconds: float, status: int
) -> Latencies:
    due: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    answers: list[tuple[float, int]] = []
    workers = [asyncio.create_task(_work(host, port, due, answers)) for _ in range(CONNECTIONS)]
    started_s = perf_counter() + LEAD_S
    for number in range(round(rate * seconds)):
        due_s = started_s + number / rate
        await asyncio.sleep(max(0.0, due_s - perf_counter()))
        due.put_nowait((due_s, requests[number % len(requests)]))
    for _ in workers:
        due.put_nowait(None)
    await asyncio.gather(*workers)
    return _summary(answers, rate, status)


async def _work(
    host: str, port: int, due: asyncio.Queue[tuple[float, bytes] | None], answers: list[tuple[float, int]]
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while (item := await due.get()) is not None:
        due_s, request = item
        writer.write(request)
        status = await _answer(reader)
        answers.append((perf_counter() - due_s, status))
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            await reader.readexactly(int(value))
    return int(head[9:12])


def _summary(answers: list[tuple[float, int]], rate: float, status: int) -> Latencies:
    cuts = quantiles([1000 * seconds for seconds, _ in answers], n=100, method="inclusive")
    return Latencies(
        requests=len(answers),
        rate_per_s=rate,
        p50_ms=cuts[49],
        p90_ms=cuts[89],
        p99_ms=cuts[98],
        worst_ms=1000 * max(seconds for seconds, _ in answers),
        refused=sum(answered != status for _, answered in answers),
    )
