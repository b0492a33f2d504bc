"""The service itself: how fast it answers with a million jobs stored, and how fast it takes recordings in.

Latencies stand beside those of a bare web server under the same load, and uploads beside
`dd` and `sha256sum` on the same disk, all in one run.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Protocol

from bench.load import Latencies, offer
from bench.measure import BenchFailed
from bench.speed import Say
from bench.tables import Table

JOBS = 1_000_000
POLLS_PER_S, POLLS_S = 300, 20.0
SUBMITS_PER_S, SUBMITS_S = 20, 15.0
JOB_BYTES = 1200  # of a job as JSON
SMALL_BYTES = 200_000  # of a recording of a few seconds
LARGE_BYTES = 1 << 30
WARM_UP_S = 5.0  # in which the API opens its connections to Postgres
PAGES = 30  # of the list, each asked for once
POLL_P99_MS, SUBMIT_P99_MS, UPLOAD_RATIO = 25.0, 150.0, 0.6  # promised
FLAT_BYTES = 64 << 20  # by which the API's memory may grow while it takes a large recording
BOUNDARY = "bench-frontier"


class Server(Protocol):
    """One API process on a database of its own."""

    host: str
    port: int
    key: str

    def job_ids(self, count: int) -> list[str]:
        """Some of the jobs that are stored, at random."""

    def page_s(self, *, oldest_first: bool, deep: bool) -> float:
        """How long one page of the list takes: the first one, or the last but one."""

    def peak_bytes(self) -> int:
        """The largest memory that the process has held."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """How much is measured."""

    jobs: int = JOBS
    repeats: int = 3
    polls_s: float = POLLS_S
    submits_s: float = SUBMITS_S
    large_bytes: int = LARGE_BYTES


@dataclass(frozen=True, kw_only=True, slots=True)
class Answering:
    """Medians over the repeats."""

    polls: Latencies
    bare: Latencies
    """The same requests at the same rate to a server that answers the same number of bytes."""
    submits: Latencies
    first_page_ms: float
    last_page_ms: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Taking:
    """Uploads of one large file, in MB (10^6 bytes) per second; medians over the repeats."""

    disk_mb_per_s: float
    """`dd` with a final fsync, then `sha256sum` of what it wrote."""
    raw_mb_per_s: float
    form_mb_per_s: float
    grown_mb: float
    """By how much the largest memory of the API grew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceFigures:
    jobs: int
    answering: Answering
    taking: Taking


def bench_service(
    server: Server,
    bare: Callable[[int], AbstractContextManager[tuple[str, int]]],
    folder: Path,
    extent: Extent,
    say: Say,
) -> ServiceFigures:
    """All of it.

    Args:
        bare: Starts a web server that answers so many bytes and does nothing else, and gives its host and port.
    """
    taking = measure_taking(server, folder, extent, say)
    with bare(JOB_BYTES) as least:
        answering = measure_answering(server, least, extent, say)
    return ServiceFigures(jobs=extent.jobs, answering=answering, taking=taking)


def measure_answering(server: Server, bare: tuple[str, int], extent: Extent, say: Say) -> Answering:
    polls = [_request(server, "GET", f"/v1/jobs/{job_id}") for job_id in server.job_ids(2000)]
    submits = _submissions(server)
    found: list[tuple[Latencies, Latencies, Latencies]] = []
    offer(server.host, server.port, polls, rate=POLLS_PER_S, seconds=WARM_UP_S, status=200)
    for number in range(extent.repeats):
        say(f"round {number + 1} of {extent.repeats}: {POLLS_PER_S} polls a second, then {SUBMITS_PER_S} submissions")
        found.append(
            (
                offer(*bare, polls, rate=POLLS_PER_S, seconds=extent.polls_s, status=200),
                offer(server.host, server.port, polls, rate=POLLS_PER_S, seconds=extent.polls_s, status=200),
                offer(server.host, server.port, submits, rate=SUBMITS_PER_S, seconds=extent.submits_s, status=202),
            )
        )
    least, polled, submitted = zip(*found, strict=True)
    return Answering(
        polls=_middle(polled),
        bare=_middle(least),
        submits=_middle(submitted),
        first_page_ms=_pages_ms(server, deep=False),
        last_page_ms=_pages_ms(server, deep=True),
    )


def measure_taking(server: Server, folder: Path, extent: Extent, say: Say) -> Taking:
    source = folder / "large.bin"
    with source.open("wb") as file:
        for _ in range(extent.large_bytes >> 20):
            file.write(os.urandom(1 << 20))
    before_bytes = server.peak_bytes()
    rates: list[tuple[float, float, float]] = []
    for number in range(extent.repeats):
        say(f"round {number + 1} of {extent.repeats}: {extent.large_bytes / 1e6:.0f} MB to the disk, raw, as a form")
        disk_s, raw_s, form_s = _disk_s(source, folder), _raw_s(server, source), _form_s(server, source)
        rates.append((disk_s, raw_s, form_s))
    disk, raw, form = (extent.large_bytes / 1e6 / median(times) for times in zip(*rates, strict=True))
    grown = server.peak_bytes() - before_bytes
    return Taking(disk_mb_per_s=disk, raw_mb_per_s=raw, form_mb_per_s=form, grown_mb=grown / 1e6)


def _request(server: Server, method: str, path: str, body: bytes = b"", headers: str = "") -> bytes:
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {server.host}:{server.port}\r\n"
        f"Authorization: Bearer {server.key}\r\n{length}{headers}\r\n"
    )
    return head.encode() + body


def _submissions(server: Server) -> list[bytes]:
    """As curl sends them: a form with a small file."""
    file = os.urandom(SMALL_BYTES)
    body = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="small.mp4"\r\n\r\n'.encode()
        + file
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
    return [_request(server, "POST", "/v1/jobs", body, kind)]


def _middle(rounds: Sequence[Latencies]) -> Latencies:
    """The round with the median p99, but with what was refused in any."""
    chosen = sorted(rounds, key=lambda found: found.p99_ms)[len(rounds) // 2]
    refused = sum(found.refused for found in rounds)
    if refused:
        raise BenchFailed(f"{refused} requests were not answered as expected")
    return chosen


def _pages_ms(server: Server, *, deep: bool) -> float:
    return 1000 * median(server.page_s(oldest_first=False, deep=deep) for _ in range(PAGES))


def _disk_s(source: Path, folder: Path) -> float:
    """What any program that writes and hashes those bytes has to do, one after the other."""
    target = folder / "copied.bin"
    started_s = perf_counter()
    subprocess.run(["dd", f"if={source}", f"of={target}", "bs=1M", "conv=fsync", "status=none"], check=True)
    subprocess.run(["sha256sum", str(target)], check=True, stdout=subprocess.DEVNULL)
    taken_s = perf_counter() - started_s
    target.unlink()
    return taken_s


def _raw_s(server: Server, source: Path) -> float:
    return _curl_s(server, "--data-binary", f"@{source}", "-H", "Content-Type: application/octet-stream")


def _form_s(server: Server, source: Path) -> float:
    return _curl_s(server, "-F", f"file=@{source}")


def _curl_s(server: Server, *how: str) -> float:
    """Store a recording, and erase it again outside of the time."""
    url = f"http://{server.host}:{server.port}/v1/videos"
    common = ["curl", "-sS", "--fail", "-H", f"Authorization: Bearer {server.key}", "-H", "Expect:"]
    started_s = perf_counter()
    done = subprocess.run([*common, *how, url], check=False, capture_output=True, text=True)
    taken_s = perf_counter() - started_s
    if done.returncode != 0:
        raise BenchFailed(f"the upload failed: {done.stderr.strip()}")
    video_id = json.loads(done.stdout)["id"]
    subprocess.run([*common, "-X", "DELETE", f"{url}/{video_id}"], check=True, capture_output=True)
    return taken_s


def tables_of(figures: ServiceFigures) -> list[Table]:
    return [_answering(figures), _taking(figures.taking)]


def _answering(figures: ServiceFigures) -> Table:
    found = figures.answering
    rows = [
        _latency_row("status polls", found.polls, POLL_P99_MS),
        _latency_row("a bare web server, same load", found.bare, None),
        _latency_row("submissions", found.submits, SUBMIT_P99_MS),
    ]
    pages = found.last_page_ms / found.first_page_ms
    note = (
        f"One API process, {figures.jobs} jobs stored; latency counts from when a request was due.\n"
        f"The last page of the list takes {pages:.2f} of the time of the first ({found.first_page_ms:.1f} ms)."
    )
    columns = ("", "per second", "p50 (ms)", "p90 (ms)", "p99 (ms)", "worst (ms)", "promised p99 (ms)")
    return Table(title="Answering", note=note, columns=columns, rows=rows)


def _latency_row(name: str, found: Latencies, promised_ms: float | None) -> list[str]:
    numbers = (found.p50_ms, found.p90_ms, found.p99_ms, found.worst_ms)
    return [
        name,
        f"{found.rate_per_s:.0f}",
        *(f"{number:.1f}" for number in numbers),
        f"{promised_ms:.0f}" if promised_ms else "",
    ]


def _taking(taking: Taking) -> Table:
    rows = [
        ["dd with fsync, then sha256sum", f"{taking.disk_mb_per_s:.0f}", "1.00", ""],
        _rate_row("raw body", taking.raw_mb_per_s, taking.disk_mb_per_s),
        _rate_row("multipart form", taking.form_mb_per_s, taking.disk_mb_per_s),
    ]
    note = f"The API's largest memory grew by {taking.grown_mb:.0f} MB."
    return Table(title="Taking recordings in", note=note, columns=("", "MB/s", "ratio", "promised"), rows=rows)


def _rate_row(name: str, rate: float, disk: float) -> list[str]:
    return [name, f"{rate:.0f}", f"{rate / disk:.2f}", f"{UPLOAD_RATIO:.2f}"]
