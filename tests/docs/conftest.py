"""The server that the guides speak to: started once, with the very command of a page."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.stack.stack import ROOT, free_port
from tests.docs.pages import snippets_of
from tests.docs.reader import Reader
from tests.node import IN_CI

SERVING_S = 180.0
QUICK = {"MIEN_LEASE_S": "4", "MIEN_HEARTBEAT_S": "1", "MIEN_SWEEP_S": "1", "MIEN_GRACE_S": "1"}
NEEDS_TOOLS = pytest.mark.skipif(
    not (IN_CI or (shutil.which("curl") and shutil.which("openssl"))), reason="needs curl and openssl"
)


@dataclass(frozen=True)
class Served:
    """What a reader has after the first command."""

    url: str
    home: Path
    key: str


def clone(folder: Path) -> Path:
    """A folder with what the pages take from a clone."""
    (folder / "mien").write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -P -m cli "$@"\n')
    (folder / "mien").chmod(0o755)
    (folder / "cli").mkdir()
    (folder / "cli" / "demo").symlink_to(ROOT / "cli" / "demo")
    return folder


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """By the command with which `submit-and-follow.md` begins; that of `quickstart.md` is its end."""
    (command,) = [snippet.code.strip() for snippet in snippets_of("submit-and-follow.md") if "serves" in snippet.marks]
    (shorter,) = [snippet.code.strip() for snippet in snippets_of("quickstart.md") if "serves" in snippet.marks]
    assert command.endswith(shorter)
    folder, port = clone(tmp_path_factory.mktemp("served")), free_port(0)
    environment = Reader(folder, {}, QUICK).environment()
    with (folder / "printed").open("wb") as printed:
        server = subprocess.Popen(
            ["bash", "-c", f"exec env {command} --port {port} --analysers 1"],
            cwd=folder,
            env=environment,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_serves(server, folder / "printed")
        yield Served(f"http://127.0.0.1:{port}", folder / ".mien", (folder / ".mien" / "key").read_text().strip())
    finally:
        server.terminate()
        server.wait(60)


def _wait_until_it_serves(server: subprocess.Popen[bytes], printed: Path) -> None:
    deadline = time.monotonic() + SERVING_S
    while not re.search(r"^Serving on ", printed.read_text(), re.MULTILINE):
        assert server.poll() is None, printed.read_text()
        assert time.monotonic() < deadline, printed.read_text()
        time.sleep(0.1)


@pytest.fixture
def reader(served: Served, tmp_path: Path) -> Reader:
    """Who stands in a clone, beside the running server."""
    words = {"http://127.0.0.1:8000": served.url, "9001": str(free_port(0))}
    return Reader(clone(tmp_path), words, {"MIEN_HOME": str(served.home)})
