"""The whole embedded stack: Postgres and Valkey, and the API, a worker and the sweep on top of them."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.console import Failure
from cli.stack.child import Child, Spec
from cli.stack.home import Home
from cli.stack.orphans import end_orphans, record
from cli.stack.postgres import Postgres
from cli.stack.valkey import Valkey
from cli.stack.watch import Watch

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]
WORKER_GRACE_S = 25.0  # a little more than the worker itself gives its running steps
OTHERS_GRACE_S = 10.0
HURRY_S = 1.0
SERVING_S = 60.0
POLL_S = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceUrls:
    database_url: str
    broker_url: str


class EmbeddedStack:
    """Owns a home and every process in it, from `with` to the end of the block.

    Start it from a thread that lives as long as the stack (the main one, as a rule):
    the kernel ends the children when the thread that started them ends.

    Args:
        home: Where data, logs and sockets are kept; made when missing, used by one stack at a time.
        port: Where the API will listen on loopback; 0 takes a free one.
        analysers: Analyser processes of the worker; 0 is one per core.
        note: Told in a sentence when a child died and is started again.
        postgres_settings: Postgres settings that differ from the embedded ones (tests turn fsync off).

    Raises:
        Failure: The home is in use, the port is taken, or a child does not start.
    """

    def __init__(
        self,
        home: Path,
        port: int = 8000,
        analysers: int = 0,
        *,
        note: Callable[[str], None] | None = None,
        postgres_settings: Mapping[str, str] | None = None,
    ) -> None:
        self.home = Home(home)
        self.port = port
        self.analysers = analysers
        self.urls: ServiceUrls | None = None
        self._tell = note
        self._postgres_settings = postgres_settings
        self._children: list[Child] = []
        self._watch = Watch(self._note, self._record)
        self._held = ExitStack()

    @property
    def url(self) -> str:
        """Address of the API and the web pages."""
        return f"http://{HOST}:{self.port}"

    @property
    def pids(self) -> dict[str, int]:
        """The number of every child that lives."""
        return {child.spec.name: child.pid for child in self._children if child.pid and child.alive}

    def __enter__(self) -> Self:
        self._held.enter_context(self.home.locked())
        end_orphans(self.home)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._held:
            self.stop()

    def start_services(self) -> ServiceUrls:
        """Start Postgres and Valkey and return when both answer. Nothing is migrated yet."""
        postgres = Postgres(self.home, self._postgres_settings)
        valkey = Valkey(self.home)
        self._children = [postgres.child, valkey.child]
        valkey.start()  # the quicker one comes up while Postgres makes its cluster
        postgres.start()
        self._record()
        valkey.wait()
        postgres.wait()
        self.urls = ServiceUrls(database_url=postgres.url(), broker_url=valkey.url())
        self._watch.begin()
        self._watch.look_after(self._children)
        return self.urls

    def start_processes(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the API, a worker and the sweep; return when the API answers.

        Args:
            environment: Further MIEN_* variables, on top of the user's and of `self.environment()`.
        """
        self.port = free_port(self.port)
        merged = {**self.environment(), **(environment or {})}
        processes = [self._process(name, merged) for name in ("sweep", "api", "worker")]
        for child in processes:
            child.start()
            self._children.append(child)
            self._record()
        self._wait_until_serving(processes)
        self._watch.look_after(processes)
        self.home.announce({**self._reachable(), "url": self.url, "pid": os.getpid()})

    def environment(self) -> dict[str, str]:
        """What makes our own processes work on this stack."""
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            **{f"MIEN_{name.upper()}": value for name, value in self._reachable().items()},
            "MIEN_STORAGE_DIR": str(self.home.storage),
            "MIEN_HOST": HOST,
            "MIEN_PORT": str(self.port),
            "MIEN_PUBLIC_URL": self.url,
            "MIEN_TRUSTED_HOSTS": "localhost,127.0.0.1",
            "MIEN_ANALYSERS": str(self.analysers),
            "MIEN_METRICS_PORT": "0",  # any free one; the worker's log says which
        }

    def stop(self) -> None:
        """End everything: worker, API, sweep, Valkey, Postgres. A second Ctrl-C cuts their grace short."""
        self._watch.pause()
        hurried = False
        for child in reversed(self._children):
            try:
                child.stop(HURRY_S if hurried else None)
            except KeyboardInterrupt:
                hurried = True
        self._children = []
        self._watch.end()
        self.home.forget()

    def _process(self, name: str, environment: Mapping[str, str]) -> Child:
        argv = (sys.executable, "-P", "-m", "cli", name)
        grace_s = WORKER_GRACE_S if name == "worker" else OTHERS_GRACE_S
        return Child(Spec(name=name, argv=argv, log=self.home.log(name), environment=environment, grace_s=grace_s))

    def _wait_until_serving(self, processes: list[Child]) -> None:
        deadline = time.monotonic() + SERVING_S
        while not answers(self.port):
            for child in processes:
                if not child.alive:
                    raise child.fail()
            if time.monotonic() > deadline:
                raise Failure(f"the API did not answer within {SERVING_S:.0f} s; see {self.home.logs}")
            time.sleep(POLL_S)

    def _reachable(self) -> dict[str, str]:
        if self.urls is None:
            raise Failure("start_services comes before start_processes")
        return {"database_url": self.urls.database_url, "broker_url": self.urls.broker_url}

    def _record(self) -> None:
        record(self.home, self._children)

    def _note(self, text: str) -> None:
        with (self.home.logs / "stack.log").open("a") as log:
            log.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}\n")
        if self._tell is not None:
            self._tell(text)


def free_port(port: int) -> int:
    """The port, or a free one for 0. Raises Failure when it is taken on loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise Failure(f"port {port} is in use or not allowed; choose another with --port") from None
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether the API says that it is alive."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
