"""Throws faults at a site, one after the other, and puts back on its feet what fell."""

from __future__ import annotations

import heapq
import itertools
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DBAPIError

from shared.crash import CRASH_POINTS
from tests.chaos.fleet import Member, send
from tests.chaos.site import Site

SWEEPS = 2
Fault = Callable[["Injector"], None]


@dataclass(frozen=True, slots=True)
class Held:
    """A step whose bearer was killed."""

    key: tuple[Any, ...]
    token: int
    killed_s: float


class Injector:
    """Everything happens in the thread that calls it, which started the processes."""

    def __init__(self, site: Site, rng: random.Random, *, workers: int, pause_s: float) -> None:
        self.injected: Counter[str] = Counter()
        self.rescues_s: list[float] = []
        self.every_member: list[Member] = []
        self.site = site
        self.rng = rng
        self._pause_s = pause_s
        self._next_s = 0.0
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._held: list[Held] = []
        self._roles = {"worker": workers, "sweep": SWEEPS, "api": 1}
        self._stopped = False
        self.paused: set[str] = set()

    def begin(self) -> None:
        self.keep_alive()
        for worker in self.members("worker"):
            self.site.fleet.ready(worker)
        self._next_s = time.monotonic()

    def tick(self) -> None:
        """One look around; a fault now and then."""
        now_s = time.monotonic()
        while self._later and self._later[0][0] <= now_s:
            heapq.heappop(self._later)[2]()
        self.keep_alive()
        self._see_rescues()
        if now_s >= self._next_s:
            self._next_s = now_s + self.rng.expovariate(1 / self._pause_s)
            name = self.rng.choices(list(FAULTS), [weight for weight, _ in FAULTS.values()])[0]
            FAULTS[name][1](self)
            self.injected[name] += 1

    def end(self) -> None:
        """Heal everything."""
        while self._later:
            heapq.heappop(self._later)[2]()
        self.site.ground.heal()
        for point in CRASH_POINTS:
            (self.site.fleet.crash_dir / point).unlink(missing_ok=True)
        self.keep_alive()

    def keep_alive(self) -> bool:
        """Start again what has died, as a service manager would."""
        fleet = self.site.fleet
        for dead in [member for member in fleet.members if not member.alive]:
            dead.stop()
            fleet.members.remove(dead)
        for role, count in self._roles.items():
            for _ in range(count - len(self.members(role))):
                self.every_member.append(fleet.start(role))
        return True

    def members(self, role: str) -> list[Member]:
        return [member for member in self.site.fleet.members if member.name.startswith(f"{role}-") and member.alive]

    def one(self, role: str) -> Member | None:
        """Any that is not paused."""
        free = [member for member in self.members(role) if member.name not in self.paused]
        return self.rng.choice(free) if free else None

    def later(self, delay_s: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._later, (time.monotonic() + delay_s, next(self._count), action))

    def note_held(self, worker: Member) -> None:
        """What a worker bears now, to see when somebody takes it over."""
        with suppress(DBAPIError):
            rows = self.site.ground.sql(
                "SELECT job_id, kind, index, lease_token FROM step WHERE state = 'leased' AND leased_by LIKE :name",
                name=f"%:{worker.child.pid}",
            )
            now_s = time.monotonic()
            self._held += [Held((row.job_id, row.kind, row.index), row.lease_token, now_s) for row in rows]

    def _see_rescues(self) -> None:
        for held in list(self._held):
            job_id, kind, index = held.key
            query = "SELECT state, lease_token FROM step WHERE job_id = :job AND kind = :kind AND index = :index"
            with suppress(DBAPIError):
                [step] = self.site.ground.sql(query, job=job_id, kind=kind, index=index)
                if step.lease_token > held.token:
                    self.rescues_s.append(time.monotonic() - held.killed_s)
                if step.lease_token > held.token or step.state in ("done", "dead", "canceled"):
                    self._held.remove(held)


def kill_worker(injector: Injector) -> None:
    if worker := injector.one("worker"):
        injector.note_held(worker)
        worker.kill()


def kill_analyser(injector: Injector) -> None:
    worker = injector.one("worker")
    if worker and (analysers := worker.analysers()):
        injector.note_held(worker)
        send(signal.SIGKILL, [injector.rng.choice(analysers)])


def kill_api(injector: Injector) -> None:
    if api := injector.one("api"):
        api.kill()


def kill_sweep(injector: Injector) -> None:
    if sweep := injector.one("sweep"):
        sweep.kill()


def deploy(injector: Injector) -> None:
    """A worker is asked to end, as at every deployment, and another takes its place."""
    if worker := injector.one("worker"):
        worker.ask_to_end()


def pause(injector: Injector) -> None:
    """A worker stands still for longer than its lease, and then goes on as if nothing had been."""
    worker = injector.one("worker")
    if worker is None:
        return
    stopped = worker.tree()
    send(signal.SIGSTOP, stopped)
    injector.paused.add(worker.name)

    def go_on() -> None:
        send(signal.SIGCONT, stopped)
        injector.paused.discard(worker.name)

    injector.later(injector.rng.uniform(1.0, 8.0), go_on)


def cut_broker(injector: Injector) -> None:
    injector.site.ground.broker.cut()
    injector.later(injector.rng.uniform(0.5, 6.0), injector.site.ground.broker.open)


def black_hole_broker(injector: Injector) -> None:
    injector.site.ground.broker.hole()
    injector.later(injector.rng.uniform(0.5, 8.0), injector.site.ground.broker.open)


def flush_broker(injector: Injector) -> None:
    injector.site.ground.flush_broker()


def cut_database(injector: Injector) -> None:
    injector.site.ground.database.cut()
    injector.later(injector.rng.uniform(0.1, 3.0), injector.site.ground.database.open)


def black_hole_database(injector: Injector) -> None:
    injector.site.ground.database.hole()
    injector.later(injector.rng.uniform(0.5, 4.0), injector.site.ground.database.open)


def hold_up_database(injector: Injector) -> None:
    """What was sent arrives late: also commits of those that have given up by then."""
    injector.site.ground.database.hold()
    injector.later(injector.rng.uniform(0.5, 12.0), injector.site.ground.database.open)


def end_connections(injector: Injector) -> None:
    with suppress(DBAPIError):
        injector.site.ground.end_connections()


def restart_postgres(injector: Injector) -> None:
    injector.site.ground.kill_postgres()
    injector.site.ground.start_postgres()


def arm_crash_point(injector: Injector) -> None:
    injector.site.fleet.die_at(injector.rng.choice(CRASH_POINTS))


FAULTS: dict[str, tuple[int, Fault]] = {
    "analyser killed": (8, kill_analyser),
    "worker killed": (5, kill_worker),
    "worker stopped and continued": (3, pause),
    "worker asked to end": (2, deploy),
    "api killed": (3, kill_api),
    "sweep killed": (2, kill_sweep),
    "process dies at a crash point": (8, arm_crash_point),
    "broker cut off": (2, cut_broker),
    "broker black-holed": (2, black_hole_broker),
    "broker flushed": (3, flush_broker),
    "database cut off": (2, cut_database),
    "database black-holed": (2, black_hole_database),
    "database held up": (2, hold_up_database),
    "database connections terminated": (3, end_connections),
    "database killed and started": (1, restart_postgres),
}
"""With their weights."""
