from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest

import worker.analyser
from shared.domain.errors import AnalyserDied, UnsupportedMedia
from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from worker.analyser import Analyser, AnalyserLimits


def plan_request(path: Path) -> dict[str, Any]:
    return {"do": "plan", "path": str(path), "options": Options().to_dict(), "limits": asdict(MediaLimits())}


def ignore(_: int) -> None: ...


@pytest.fixture
def analyser() -> Iterator[Analyser]:
    one = Analyser(AnalyserLimits(stall_s=2.0))
    one.start()
    yield one
    one.kill()


def process_of(analyser: Analyser) -> psutil.Process:
    assert analyser.pid is not None
    return psutil.Process(analyser.pid)


def test_an_analyser_plans_a_recording(analyser: Analyser, recording: Path) -> None:
    plan = analyser.ask(plan_request(recording), ignore).header["plan"]

    assert plan["facts"]["codec"] == "h264"
    assert plan["samples_total"] == 12


def test_an_analyser_survives_a_file_that_is_no_recording(analyser: Analyser, recording: Path, tmp_path: Path) -> None:
    analyser.wait_ready()
    before = analyser.pid
    (tmp_path / "notes.mp4").write_text("no recording")

    with pytest.raises(UnsupportedMedia):
        analyser.ask(plan_request(tmp_path / "notes.mp4"), ignore)
    assert analyser.ask(plan_request(recording), ignore).header["plan"]
    assert analyser.pid == before


def test_a_killed_analyser_is_noticed_and_replaced(analyser: Analyser, recording: Path) -> None:
    analyser.wait_ready()
    process_of(analyser).send_signal(signal.SIGSTOP)
    threading.Timer(0.3, lambda: process_of(analyser).kill()).start()

    with pytest.raises(AnalyserDied, match="SIGKILL"):
        analyser.ask(plan_request(recording), ignore)
    assert analyser.ask(plan_request(recording), ignore).header["plan"]


def test_an_analyser_that_stalls_is_killed(analyser: Analyser, recording: Path) -> None:
    analyser.wait_ready()
    stuck = process_of(analyser)
    stuck.suspend()

    with pytest.raises(AnalyserDied, match="silent for 2 s"):
        analyser.ask(plan_request(recording), ignore)
    assert not stuck.is_running()


def test_an_analyser_that_takes_too_much_memory_is_killed(recording: Path) -> None:
    greedy = Analyser(AnalyserLimits(memory_bytes=1))
    greedy.start()
    process_of(greedy).suspend()

    with pytest.raises(AnalyserDied, match="MiB of memory"):
        greedy.ask(plan_request(recording), ignore)


def test_whoever_drives_an_analyser_can_stop_it(analyser: Analyser, recording: Path) -> None:
    class Enough(Exception): ...

    def stop(_: int) -> None:
        raise Enough

    analyser.wait_ready()
    process_of(analyser).suspend()
    with pytest.raises(Enough):
        analyser.ask(plan_request(recording), stop)
    assert analyser.pid is None


SAYS_ENVIRONMENT = """
import os, sys
from multiprocessing.connection import Connection
from worker.sandbox.wire import send
send(Connection(int(sys.argv[1])), {"is": "ready", **os.environ})
"""


def test_no_setting_and_no_secret_reaches_the_analyser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.analyser, "PROGRAM", (sys.executable, "-P", "-c", SAYS_ENVIRONMENT))
    monkeypatch.setenv("MIEN_DATABASE_URL", "postgresql://secret")
    analyser = Analyser(AnalyserLimits())

    said = analyser.wait_ready()
    analyser.kill()
    assert "PATH" in said
    assert not [name for name in said if name.startswith("MIEN_")]


def test_an_analyser_ends_when_its_worker_is_killed() -> None:
    code = (
        "from worker.analyser import *; import time\n"
        "a = Analyser(AnalyserLimits()); a.wait_ready(); print(a.pid, flush=True); time.sleep(60)"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    orphan = psutil.Process(int(worker.stdout.readline()))
    worker.kill()
    worker.communicate()

    psutil.wait_procs([orphan], timeout=10)
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


NETWORK = """
import socket
from worker.sandbox.limits import leave_network
listener = socket.create_server(("127.0.0.1", 0))
left = leave_network()
try:
    socket.create_connection(listener.getsockname(), timeout=2)
    print(left, "reached")
except OSError:
    print(left, "refused")
"""


def test_nothing_can_be_reached_from_the_network_namespace_of_an_analyser() -> None:
    said = subprocess.run([sys.executable, "-c", NETWORK], capture_output=True, text=True, check=True).stdout.split()

    if said[0] == "False":
        pytest.skip("this system permits no network namespaces")
    assert said == ["True", "refused"]


def test_an_analyser_may_open_few_files_and_dump_no_core(analyser: Analyser) -> None:
    analyser.wait_ready()
    limits = process_of(analyser).rlimit

    assert limits(psutil.RLIMIT_CORE) == (0, 0)
    assert limits(psutil.RLIMIT_NOFILE)[0] <= 256
