"""What an analyser cannot do, with a network namespace and where the system refuses one."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest
from structlog.testing import capture_logs

import worker.analyser
from shared.domain.engines import Engine
from shared.domain.errors import AnalyserDied, UnsupportedMedia
from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from shared.domain.samples import unpack_samples
from shared.domain.step import hard_limit_s
from worker.analyser import PROGRAM, Analyser, AnalyserLimits, _cpu_s
from worker.main import _announce

ROOT = Path(__file__).resolve().parents[3]
NO_NAMESPACES = """
import os, sys
from worker.sandbox.seccomp import deny_system_calls
assert deny_system_calls(["unshare"])
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Runs a program as many containers do: with `unshare` refused."""

REFUSING = (sys.executable, "-P", "-c", NO_NAMESPACES)

PROBE = """
import ctypes, errno, json, os, resource, signal, socket, sys, threading
from worker.sandbox.limits import hide_memory, isolation_of, leave_network
from worker.sandbox.seccomp import NUMBERS, MACHINES, deny_system_calls

libc = ctypes.CDLL(None, use_errno=True)
threading.Thread(target=threading.Event().wait, daemon=True).start()
isolation = isolation_of(namespace=leave_network(), seccomp=deny_system_calls())
hide_memory()

def error_of(call):
    try:
        call()
    except OSError as error:
        return errno.errorcode[error.errno]

def raw(name, *arguments):
    if libc.syscall(MACHINES[os.uname().machine].number(name), *arguments) < 0:
        raise OSError(ctypes.get_errno(), name)

worker = os.getppid()
tried = {
    "a TCP socket": lambda: socket.socket(socket.AF_INET),
    "a TCP socket over IPv6": lambda: socket.socket(socket.AF_INET6),
    "a UDP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "a unix socket": lambda: socket.socket(socket.AF_UNIX),
    "a pair of sockets": socket.socketpair,
    "another program": lambda: os.execv("/bin/true", ["true"]),
    "another process": os.fork,
    "a program in another process": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "the worker's end": lambda: os.kill(worker, 0),
    "the worker's thread's end": lambda: raw("tgkill", worker, worker, 0),
    "the worker's limits": lambda: resource.prlimit(worker, resource.RLIMIT_CPU),
    "the worker's memory": lambda: raw("process_vm_readv", worker, None, 0, None, 0, 0),
    "tracing": lambda: raw("ptrace", 16, worker, 0, 0),
    "io_uring": lambda: raw("io_uring_setup", 1, None),
    "namespaces": lambda: raw("unshare", 0x10000000),
}
print(json.dumps({"isolation": isolation, "errors": {what: error_of(call) for what, call in tried.items()}}))
heard = []
signal.signal(signal.SIGUSR1, lambda *_: heard.append(1))
signal.raise_signal(signal.SIGUSR1)
later = threading.Thread(target=lambda: heard.append(2))
later.start()
later.join()
print(heard, libc.prctl(3), flush=True)
os.abort()
"""
"""Shuts itself in as an analyser does, then tries to get out."""

STAND_IN = """
import runpy
from worker.sandbox import answers, limits
{}
runpy.run_module("worker.sandbox.child", run_name="__main__", alter_sys=True)
"""
"""A real analyser of which a part is replaced."""

IN_SIGHT = "limits.hide_memory = lambda: None"
"""Lets a tracer that is not root read which files are opened."""

Start = Callable[..., Analyser]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts an analyser, by another program if need be."""
    analysers: list[Analyser] = []

    def begin(*program: str, limits: AnalyserLimits | None = None) -> Analyser:
        monkeypatch.setattr(worker.analyser, "PROGRAM", program or PROGRAM)
        analysers.append(Analyser(limits or AnalyserLimits()))
        analysers[-1].start()
        return analysers[-1]

    yield begin
    for analyser in analysers:
        analyser.kill()


def with_part(replaced: str) -> tuple[str, ...]:
    return sys.executable, "-P", "-c", STAND_IN.format(replaced)


def doing(what: str) -> tuple[str, ...]:
    """An analyser that does something else when it is asked."""
    return with_part(f"answers.Answers.to = lambda self, request, progress: {what}")


def media(path: Path) -> dict[str, Any]:
    return {"path": str(path), "options": Options().to_dict(), "limits": asdict(MediaLimits())}


def ignore(_: int) -> None: ...


def plan_and_analyse(analyser: Analyser, path: Path) -> bytes:
    plan = analyser.ask({"do": "plan", **media(path)}, ignore).header["plan"]
    request = {"do": "segment", "plan": plan, "segment": plan["segments"][0], **media(path)}
    return analyser.ask(request, ignore).parts[0]


def status_of(analyser: Analyser) -> list[str]:
    """What the kernel says of each thread of an analyser."""
    return [task.read_text() for task in Path(f"/proc/{analyser.pid}/task").glob("*/status")]


@pytest.mark.parametrize("before", [(), REFUSING], ids=["namespace", "no namespace"])
def test_nothing_but_files_and_threads_is_left_to_an_analyser(before: tuple[str, ...]) -> None:
    command = [*before, sys.executable, "-P", "-c", PROBE]
    ended = subprocess.run(
        command, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True, check=False, timeout=60
    )
    said, survived = ended.stdout.splitlines()

    assert json.loads(said)["isolation"] in ({"seccomp"} if before else {"namespace+seccomp", "seccomp"})
    assert set(json.loads(said)["errors"].values()) == {"EPERM"}, said
    assert survived == "[1, 2] 0", "signals to itself and threads work, and its memory is hidden"
    assert ended.returncode == -signal.SIGABRT


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_an_analyser_without_a_namespace_analyses_all_the_same(start: Start, recording: Path, engine: Engine) -> None:
    analyser = start(*REFUSING, *PROGRAM, limits=AnalyserLimits(engine=engine))

    samples = unpack_samples(plan_and_analyse(analyser, recording))
    assert analyser.wait_ready()["isolation"] == "seccomp"
    assert {sample.status for sample in samples} == {"face"}


def test_a_namespace_changes_no_number(start: Start, recording: Path) -> None:
    assert plan_and_analyse(start(), recording) == plan_and_analyse(start(*REFUSING, *PROGRAM), recording)


@pytest.mark.parametrize("program", [PROGRAM, (*REFUSING, *PROGRAM)], ids=["namespace", "no namespace"])
def test_every_thread_of_an_analyser_is_under_the_filter(
    start: Start, recording: Path, program: tuple[str, ...]
) -> None:
    analyser = start(*program)
    plan_and_analyse(analyser, recording)

    threads = status_of(analyser)
    assert len(threads) > 1
    assert all("Seccomp:\t2" in thread and "NoNewPrivs:\t1" in thread for thread in threads)


def test_an_analyser_that_computes_too_long_is_ended_by_the_kernel(start: Start) -> None:
    analyser = start(*doing("[progress(0) for _ in iter(int, 1)]"))

    with pytest.raises(AnalyserDied, match="SIGXCPU"):
        analyser.ask({"do": "plan"}, ignore, cpu_s=0.01)


def test_each_request_has_processor_time_of_its_own(start: Start) -> None:
    report = "({'cpu': __import__('resource').getrlimit(0)}, [])"
    analyser = start(*doing(report))

    def allowed_s(**asked: Any) -> int:
        return analyser.ask({"do": "plan"}, ignore, **asked).header["cpu"][0]

    assert allowed_s(cpu_s=1000.0) < allowed_s(cpu_s=3000.0)
    assert allowed_s(cpu_s=2000.0) < allowed_s()


def test_a_segment_may_compute_as_long_as_its_lease_lasts() -> None:
    asked = {"do": "segment", "segment": {"frame_pts": [0] * 60}, "plan": {"interval_s": 0.5}}
    assert _cpu_s(asked) == hard_limit_s(30.0)


def test_a_burst_of_memory_ends_an_analyser_and_not_the_machine(start: Start) -> None:
    analyser = start(*doing("bytearray(1 << 30)"), limits=AnalyserLimits(memory_bytes=256 << 20))

    with pytest.raises(AnalyserDied, match="out of memory"):
        analyser.ask({"do": "plan"}, ignore)


def test_a_machine_out_of_memory_ends_an_analyser_before_its_worker(start: Start) -> None:
    analyser = start()
    analyser.wait_ready()

    assert Path(f"/proc/{analyser.pid}/oom_score_adj").read_text() == "1000\n"


def test_a_worker_sees_the_memory_of_an_analyser_that_hides_it(start: Start) -> None:
    analyser = start()
    analyser.wait_ready()

    assert psutil.Process(analyser.pid).memory_info().rss > 10 << 20


@pytest.mark.parametrize(("isolation", "warned"), [("none", True), ("seccomp", False), ("namespace+seccomp", False)])
def test_a_worker_warns_of_analysers_that_nothing_holds(isolation: str, warned: bool) -> None:
    class Pool:
        size = 1

        def describe(self) -> dict[str, str]:
            return {"isolation": isolation}

    with capture_logs() as logs:
        _announce(Pool())  # type: ignore[arg-type]
    assert [entry["event"] for entry in logs] == ["worker_starting"] + ["analyser_not_isolated"] * warned
    assert logs[0]["isolation"] == isolation


SCRIPTS = {
    "ffconcat": "ffconcat version 1.0\nfile 'canary.mp4'\nfile '{folder}/canary.mp4'\n",
    "playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\ncanary.mp4\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n",
    "session": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=canary.mp4\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
}


def can_trace(strace: str | None) -> bool:
    return (
        strace is not None and subprocess.run([strace, "-qq", "true"], capture_output=True, check=False).returncode == 0
    )


def test_scripts_named_like_recordings_make_no_socket_and_open_no_sibling(
    start: Start, recording: Path, tmp_path: Path
) -> None:
    strace, calls = shutil.which("strace"), tmp_path / "calls"
    if not can_trace(strace):
        pytest.skip("strace is not installed, or may not trace")
    shutil.copy(recording, tmp_path / "canary.mp4")
    analyser = start(str(strace), "-f", "-o", str(calls), "-e", "trace=socket,connect,openat", *with_part(IN_SIGHT))
    for name, script in SCRIPTS.items():
        path = tmp_path / f"{name}.mp4"
        path.write_text(script.format(folder=tmp_path))
        with pytest.raises(UnsupportedMedia):
            analyser.ask({"do": "plan", **media(path)}, ignore)
    end(analyser)

    seen = calls.read_text()
    assert all(f"{name}.mp4" in seen for name in SCRIPTS), "the scripts themselves were opened under strace's eyes"
    assert "canary.mp4" not in seen
    assert "socket(" not in seen
    assert "connect(" not in seen


def end(analyser: Analyser) -> None:
    """Let an analyser end by itself, so that its tracer writes down all that it has seen."""
    assert analyser._connection is not None
    assert analyser._process is not None
    analyser._connection.close()
    analyser._process.wait(20)
