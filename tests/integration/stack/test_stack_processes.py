"""The API, worker and sweep of the stack, played by small programs."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from cli.stack.child import Child, ChildFailed, Spec
from cli.stack.home import read_json
from cli.stack.stack import EmbeddedStack

PLAYER = """
import http.server, json, os, signal, sys, time
from pathlib import Path
home, name = Path(sys.argv[1]), sys.argv[2]
def end(*_):
    with (home / "ended").open("a") as ended: print(name, file=ended)
    os._exit(0)
signal.signal(signal.SIGTERM, end)
(home / f"{name}.environment").write_text(json.dumps(dict(os.environ)))
if name == "api":
    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self): self.send_response(200); self.end_headers()
    http.server.HTTPServer(("127.0.0.1", int(os.environ["MIEN_PORT"])), Health).serve_forever()
time.sleep(600)
"""


class PlayedStack(EmbeddedStack):
    """Its processes only answer, wait and say when they end."""

    player = PLAYER

    def _process(self, name: str, environment: object) -> Child:
        real = super()._process(name, environment).spec  # type: ignore[arg-type]
        argv = (sys.executable, "-c", self.player, str(self.home.path), name)
        return Child(Spec(name=name, argv=argv, log=real.log, environment=real.environment, grace_s=5))


def wait_for_players(home: Path) -> None:
    """Until each of them is ready to be ended; the stack itself only waits for the API."""
    while not all((home / f"{name}.environment").exists() for name in ("api", "worker", "sweep")):
        time.sleep(0.05)


def test_processes_are_told_where_everything_is(tmp_path: Path) -> None:
    with PlayedStack(tmp_path / "home", port=0, analysers=3) as stack:
        urls = stack.start_services()
        stack.start_processes({"MIEN_STALL_S": "5"})
        told = json.loads((tmp_path / "home" / "api.environment").read_text())
        announced = read_json(tmp_path / "home" / "running.json")
    assert told["MIEN_DATABASE_URL"] == urls.database_url == announced["database_url"]
    assert told["MIEN_BROKER_URL"] == urls.broker_url == announced["broker_url"]
    assert told["MIEN_PUBLIC_URL"] == f"http://127.0.0.1:{told['MIEN_PORT']}" == announced["url"]
    assert (told["MIEN_HOST"], told["MIEN_ANALYSERS"], told["MIEN_STALL_S"]) == ("127.0.0.1", "3", "5")
    assert not (tmp_path / "home" / "running.json").exists()


def test_everything_listens_on_loopback_only(tmp_path: Path) -> None:
    with PlayedStack(tmp_path / "home", port=0) as stack:
        stack.start_services()
        stack.start_processes()
        family = [p for pid in stack.pids.values() for p in (psutil.Process(pid), *psutil.Process(pid).children(True))]
        listening = {c.laddr for p in family for c in p.net_connections("inet") if c.status == psutil.CONN_LISTEN}
        assert listening == {("127.0.0.1", stack.port)}


def test_the_worker_ends_first_and_postgres_last(tmp_path: Path) -> None:
    with PlayedStack(tmp_path / "home", port=0) as stack:
        stack.start_services()
        stack.start_processes()
        postgres = psutil.Process(stack.pids["postgres"])
        wait_for_players(tmp_path / "home")
    assert (tmp_path / "home" / "ended").read_text().split() == ["worker", "api", "sweep"]
    assert not postgres.is_running()
    assert "database system is shut down" in (tmp_path / "home" / "logs" / "postgres.log").read_text()


def test_a_worker_that_is_killed_is_started_again(tmp_path: Path) -> None:
    with PlayedStack(tmp_path / "home", port=0) as stack:
        stack.start_services()
        stack.start_processes()
        before = stack.pids["worker"]
        os.kill(before, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while stack.pids.get("worker", before) == before:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert "worker ended (exit code -9)" in (tmp_path / "home" / "logs" / "stack.log").read_text()


def test_an_api_that_does_not_come_up_is_shown_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PlayedStack, "player", "raise SystemExit('no such table')")
    with PlayedStack(tmp_path / "home", port=0) as stack:
        stack.start_services()
        with pytest.raises(ChildFailed, match="no such table"):
            stack.start_processes()


def test_a_child_that_ignores_the_request_to_end_is_ended_with_its_own_children(tmp_path: Path) -> None:
    stubborn = (
        "import signal, subprocess, time; signal.signal(15, signal.SIG_IGN); "
        "print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"
    )
    log = tmp_path / "log"
    child = Child(Spec(name="worker", argv=(sys.executable, "-c", stubborn), log=log, grace_s=0.3))
    child.start()
    while not log.read_text().strip():
        time.sleep(0.02)
    child.stop()
    assert child.exit_code == -signal.SIGKILL
    grandchild = int(log.read_text())
    time.sleep(0.1)
    assert not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE
