"""One API process with very many jobs behind it, for the benchmark of the service."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from bench.crowd import store_jobs
from bench.speed import Say
from cli.stack.stack import answers
from shared.db.engine import create_sessions
from shared.db.keys import create_key
from shared.db.workspaces import ensure_workspace
from tests.chaos.fleet import Fleet, Member
from tests.chaos.ground import Ground
from tests.chaos.proxy import HOST, free_port
from tests.chaos.waiting import until

BUSY_API = {"MIEN_REQUESTS_PER_MINUTE": "0"}
PEAK = re.compile(r"VmHWM:\s+(\d+) kB")  # proc(5): the largest resident size so far


class Served:
    """Fits `bench.service.Server`."""

    def __init__(self, ground: Ground, fleet: Fleet, api: Member, key: str) -> None:
        self.host, self.port, self.key = HOST, fleet.port, key
        self._ground = ground
        self._api = api

    def job_ids(self, count: int) -> list[str]:
        rows = self._ground.sql(
            "SELECT j.id FROM job j JOIN workspace w ON w.id = j.workspace_id WHERE w.name = 'served' "
            "ORDER BY random() LIMIT :count",
            count=count,
        )
        return [f"job_{row.id.hex}" for row in rows]

    def page_s(self, *, oldest_first: bool, deep: bool) -> float:
        # The last page of one order begins where the first page of the other ends.
        cursor = f"&cursor={self._near_the_end(oldest_first=oldest_first)}" if deep else ""
        url = f"http://{self.host}:{self.port}/v1/jobs?order={'asc' if oldest_first else 'desc'}{cursor}"
        started_s = time.perf_counter()
        self._get(url)
        return time.perf_counter() - started_s

    def peak_bytes(self) -> int:
        found = PEAK.search(Path(f"/proc/{self._api.child.pid}/status").read_text())
        assert found is not None
        return int(found[1]) * 1024

    def _near_the_end(self, *, oldest_first: bool) -> str:
        other = "desc" if oldest_first else "asc"
        page = self._get(f"http://{self.host}:{self.port}/v1/jobs?limit=51&order={other}")
        return str(page["next_cursor"])

    def _get(self, url: str) -> Any:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.key}"})  # noqa: S310, our own
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.loads(answer.read())


@contextmanager
def served(folder: Path, jobs: int, say: Say) -> Iterator[Served]:
    """Postgres as durable as an embedded one, so many jobs in it, and one API process. Use it from the main thread."""
    with Ground(folder / "home") as ground:
        engine = create_engine(ground.database_url)
        with create_sessions(engine).begin() as session:
            workspace_id = ensure_workspace(session, "served")
            key = create_key(session, workspace_id, "bench", ("jobs:read", "jobs:write"))
        say(f"storing {jobs} jobs")
        store_jobs(engine, workspace_id, jobs)
        engine.dispose()
        fleet = Fleet(ground, {"MIEN_DATABASE_URL": ground.database_url, **BUSY_API})
        try:
            yield Served(ground, fleet, fleet.api(), key)
        finally:
            fleet.stop()


@contextmanager
def bare_server(size_bytes: int) -> Iterator[tuple[str, int]]:
    """The address of a web server that does nothing but answer."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.bare", str(port), str(size_bytes)])
    try:
        until(lambda: answers(port), "the bare server answers")
        yield HOST, port
    finally:
        process.kill()
        process.wait()
