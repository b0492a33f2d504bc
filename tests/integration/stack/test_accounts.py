"""As whom the stack runs: root in a user namespace, user nobody, and a normal user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cli.stack import account
from cli.stack.stack import EmbeddedStack

ROOT = Path(__file__).resolve().parents[3]
NOBODY = 65534
START = """
import sys
from pathlib import Path
from cli.stack.stack import EmbeddedStack
with EmbeddedStack(Path(sys.argv[1])) as stack:
    stack.start_services()
    print("served")
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that everyone may pass through, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="mien-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def no_user_namespaces(monkeypatch: pytest.MonkeyPatch, open_directory: Path) -> None:
    monkeypatch.setattr(account, "UNMAPPED", ("false",))
    monkeypatch.setattr(account, "OUTSIDE", open_directory / "outside")


def owner(process: int | None) -> int:
    assert process is not None
    return psutil.Process(process).uids().real


@pytest.mark.usefixtures("no_user_namespaces")
def test_root_without_user_namespaces_runs_postgres_as_nobody(open_directory: Path) -> None:
    for _ in range(2):
        with EmbeddedStack(open_directory / "home") as stack:
            stack.start_services()
            assert owner(stack.pids["postgres"]) == NOBODY
            assert (open_directory / "home" / "postgres").stat().st_uid == NOBODY


@pytest.mark.usefixtures("no_user_namespaces")
def test_a_home_that_nobody_cannot_reach_has_its_database_outside(open_directory: Path) -> None:
    (open_directory / "closed").mkdir(mode=0o700)
    with EmbeddedStack(open_directory / "closed" / "home") as stack:
        stack.start_services()
        data = open_directory / "outside" / stack.home.key / "postgres"
        assert (data / "PG_VERSION").exists()


def test_a_normal_user_can_run_it(open_directory: Path) -> None:
    if as_nobody("-c", "import cli.stack.stack").returncode != 0:
        pytest.skip("user nobody cannot read this Python or this checkout")
    home = open_directory / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    served = as_nobody("-c", START, str(home))
    assert served.stdout == "served\n", served.stderr
    assert (home / "postgres").stat().st_uid == NOBODY


def as_nobody(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    command = ["sh", "-c", 'exec "$@"', "-", sys.executable, *arguments]  # sh looks as nobody, not as root
    return subprocess.run(
        command,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
