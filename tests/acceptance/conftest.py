"""The real command line and the real processes, as a user starts them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.run import start
from cli.stack.stack import ROOT, EmbeddedStack
from mien import Client
from tests.recordings import Studio

Mien = Callable[..., subprocess.CompletedProcess[str]]
QUICK = {"MIEN_LEASE_S": "4", "MIEN_HEARTBEAT_S": "1", "MIEN_SWEEP_S": "1", "MIEN_GRACE_S": "1"}
"""Leases short enough that a test can wait for one to run out."""


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="session")
def recording(studio: Studio) -> Path:
    """Six seconds with a face that changes its expression."""
    return studio.record(duration_s=6.0, fps=10, width=320, height=180)


@pytest.fixture
def mien(tmp_path: Path) -> Mien:
    """Runs a `mien` command from an empty folder and returns how it ended."""

    def run(*arguments: object, timeout_s: float = 240.0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "cli", *map(str, arguments)]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
        )

    return run


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """A whole stack that serves for all tests of a module."""
    with EmbeddedStack(tmp_path_factory.mktemp("home"), port=0, analysers=1) as stack:
        start(stack, stack.home.path, QUICK)
        yield stack


@pytest.fixture
def client(stack: EmbeddedStack) -> Iterator[Client]:
    with Client(stack.url, (stack.home.path / "key").read_text().strip(), trust_env=False) as client:
        yield client
