"""Our own processes as a deployment starts them, to be killed, stopped and started again."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import psutil

from cli.stack.child import Child, Spec
from cli.stack.stack import HOST, ROOT, answers
from shared.crash import CrashPoint
from tests.chaos.ground import Ground
from tests.chaos.proxy import free_port
from tests.chaos.waiting import until

QUICK = {"MIEN_LEASE_S": "4", "MIEN_HEARTBEAT_S": "1", "MIEN_SWEEP_S": "1", "MIEN_GRACE_S": "1"}
"""Leases short enough that a test can wait for one to run out."""
LITTLE_GRACE_S = 5.0


class Member:
    """One process and its children."""

    def __init__(self, name: str, child: Child) -> None:
        self.name = name
        self.child = child

    @property
    def alive(self) -> bool:
        return self.child.alive

    def tree(self) -> list[psutil.Process]:
        """The process first, then all below it; nothing when it has ended."""
        if not self.alive or self.child.pid is None:
            return []
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.child.pid)
            return [process, *process.children(recursive=True)]
        return []

    def analysers(self) -> list[psutil.Process]:
        return [process for process in self.tree()[1:] if _is_analyser(process)]

    def kill(self) -> None:
        """The whole tree, as when a machine loses its power."""
        self.signal(signal.SIGKILL)
        self.wait()

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        send(number, self.tree())

    def ask_to_end(self) -> None:
        """The process alone, as a service manager does, and without waiting."""
        send(signal.SIGTERM, self.tree()[:1])

    def wait(self) -> None:
        until(lambda: not self.alive, f"{self.name} ends")

    def stop(self) -> None:
        self.child.stop()

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log with that event."""
        return [line for line in self._log() if line.get("event") == event]

    def _log(self) -> Iterator[dict[str, Any]]:
        for line in self.child.spec.log.read_text().splitlines():
            if line.startswith("{"):
                with suppress(ValueError):  # a line that death cut short
                    yield json.loads(line)


class Fleet:
    """Starts processes on a ground; the last started is the first stopped."""

    def __init__(self, ground: Ground, variables: Mapping[str, str] = QUICK) -> None:
        self.members: list[Member] = []
        self.port = free_port()
        self.crash_dir = ground.home.path / "crash"
        self.crash_dir.mkdir(exist_ok=True)
        self._ground = ground
        self._variables = variables
        self._started = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def api(self, **variables: str) -> Member:
        """An API that answers."""
        member = self.start("api", **variables)
        until(lambda: answers(self.port) or not member.alive, "the API answers")
        return member

    def worker(self, **variables: str) -> Member:
        """A worker with an analyser that is ready."""
        return self.ready(self.start("worker", **variables))

    def ready(self, worker: Member) -> Member:
        until(lambda: worker.said("worker_starting"), "the worker starts")
        return worker

    def sweep(self, **variables: str) -> Member:
        return self.start("sweep", **variables)

    def start(self, name: str, argv: Sequence[str] = (), **variables: str) -> Member:
        """Start `mien NAME`, or another command in its place, without waiting."""
        self._started += 1
        spec = Spec(
            name=f"{name}-{self._started}",
            argv=(sys.executable, "-P", *(argv or ("-m", "cli")), name),
            log=self._ground.home.log(f"{name}-{self._started}"),
            environment={**self._environment(), **variables},
            grace_s=LITTLE_GRACE_S,
        )
        member = Member(spec.name, Child(spec))
        self.members.append(member)
        member.child.start()
        return member

    def die_at(self, point: CrashPoint) -> None:
        """Have the next process that passes this point die there."""
        (self.crash_dir / point).touch()

    def was_hit(self, point: CrashPoint) -> bool:
        return not (self.crash_dir / point).exists()

    def stop(self, but: Sequence[Member] = ()) -> None:
        for point in self.crash_dir.iterdir():
            point.unlink(missing_ok=True)
        for member in reversed([member for member in self.members if member not in but]):
            member.stop()
            self.members.remove(member)

    def _environment(self) -> dict[str, str]:
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            "PYTHONPATH": str(ROOT),
            "MIEN_HOST": HOST,
            "MIEN_PORT": str(self.port),
            "MIEN_ANALYSERS": "1",
            "MIEN_CRASH_DIR": str(self.crash_dir),
            **self._ground.environment(),
            **self._variables,
        }


def send(number: signal.Signals, processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _is_analyser(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return "worker.sandbox.child" in process.cmdline()
    return False
