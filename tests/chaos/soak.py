"""The long form: hundreds of jobs under random faults, then the verdict.

Everything random follows from the seed; what the machine makes of it does not, so a
seed gives the same faults in the same order and not the same run.
"""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from tests.chaos.crowd import Crowd
from tests.chaos.faults import Injector
from tests.chaos.fleet import QUICK
from tests.chaos.invariants import check
from tests.chaos.site import Site
from tests.chaos.waiting import until
from tests.receiver import Receiver, Reply, receiving

DRAIN_S = 600.0
NOTE_S = 10.0
LOOK_S = 0.05
REFUSALS = 0.1  # of all deliveries that the receiver answers with 500

Note = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    seed: int
    seconds: float
    jobs: int | None = None
    """Stop when so many are accepted; None: when the time is over."""
    workers: int = 2
    analysers: int = 1
    pause_s: float = 1.5
    """Mean time between two faults."""
    default_leases: bool = False


@dataclass(kw_only=True, slots=True)
class Report:
    seed: int
    seconds: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)
    tries: int = 0
    accepted: int = 0
    jobs: dict[str, int] = field(default_factory=dict)
    """By the state in which they ended."""
    lost: int = 0
    doubled: int = 0
    told: int = 0
    """Events that the receiver got, however often each."""
    deliveries: int = 0
    stale_commits_rejected: int = 0
    rescues: int = 0
    rescue_median_s: float | None = None
    rescue_max_s: float | None = None
    violations: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def soak(folder: Path, plan: Plan, note: Note = lambda _: None) -> Report:
    """Run it all in that folder, and judge. Call it from the main thread, which the kernel ties processes to."""
    variables = {} if plan.default_leases else QUICK
    rng = random.Random(plan.seed)
    with receiving(_mostly(rng.random())) as receiver, Site(folder, _settings(plan, variables)) as site:
        began_s = time.monotonic()
        injector = Injector(site, rng, workers=plan.workers, pause_s=plan.pause_s)
        crowd = Crowd(site, folder, plan.seed)
        site.tell(receiver.url)
        injector.begin()
        crowd.begin()
        _run(plan, injector, crowd, note)
        note("faults end; what is open has to come to its end")
        crowd.end()
        injector.end()
        report = _judge(plan, site, receiver, injector, crowd, note)
        report.seconds = round(time.monotonic() - began_s, 1)
        return report


def _settings(plan: Plan, variables: dict[str, str]) -> dict[str, str]:
    return {
        **variables,
        "MIEN_ANALYSERS": str(plan.analysers),
        "MIEN_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MIEN_SENDERS": "4",
    }


def _mostly(seed: float) -> Callable[[Any], Reply]:
    rng = random.Random(seed)
    return lambda _: Reply(500 if rng.random() < REFUSALS else 200)


def _run(plan: Plan, injector: Injector, crowd: Crowd, note: Note) -> None:
    end_s = time.monotonic() + plan.seconds
    next_note_s = time.monotonic() + NOTE_S
    while time.monotonic() < end_s and (plan.jobs is None or crowd.accepted < plan.jobs):
        injector.tick()
        if time.monotonic() > next_note_s:
            next_note_s += NOTE_S
            note(f"{crowd.accepted} jobs accepted, {crowd.ended} over, {sum(injector.injected.values())} faults")
        time.sleep(LOOK_S)


def _judge(plan: Plan, site: Site, receiver: Receiver, injector: Injector, crowd: Crowd, note: Note) -> Report:
    violations = list(crowd.complaints)
    with suppress(AssertionError):
        until(lambda: injector.keep_alive() and _is_drained(site), "all work is done", DRAIN_S)
        site.let_sweep()
    note("judging")
    told = {received.id for received in receiver.received}
    found = check(site.ground.database_url, site.ground.storage, site.journal, webhook_ids=told)
    violations += [str(violation) for violation in found]
    violations += _untold(site, told)
    kinds = Counter(violation.invariant for violation in found)
    rescues = injector.rescues_s
    return Report(
        seed=plan.seed,
        faults=dict(sorted(injector.injected.items())),
        tries=len(site.journal.tries()),
        accepted=crowd.accepted,
        jobs=dict(site.ground.sql("SELECT state, count(*) FROM job GROUP BY state ORDER BY state")),
        lost=kinds["I1"],
        doubled=kinds["I3"] + kinds["I5"] + kinds["I9"],
        told=len(told),
        deliveries=len(receiver.received),
        stale_commits_rejected=sum(len(m.said("stale_commit_rejected")) for m in injector.every_member),
        rescues=len(rescues),
        rescue_median_s=round(statistics.median(rescues), 1) if rescues else None,
        rescue_max_s=round(max(rescues), 1) if rescues else None,
        violations=violations,
    )


def _is_drained(site: Site) -> bool:
    """Jobs, steps and deliveries; a delivery that waits for its next try is not waited for."""
    with suppress(DBAPIError):
        site.ground.sql("UPDATE delivery SET not_before = now() WHERE state = 'ready' AND not_before > now()")
        waiting = site.ground.sql("SELECT 1 FROM delivery WHERE state IN ('ready', 'leased') LIMIT 1")
        return not waiting and site.is_drained()
    return False


def _untold(site: Site, told: set[str]) -> list[str]:
    """Ends that the receiver was to be told of and was not."""
    rows = site.ground.sql(
        "SELECT event.id, event.type, delivery.state FROM event JOIN delivery ON event_id = event.id "
        "WHERE delivery.state <> 'canceled'"
    )
    return [f"I5: {row.type} {row.id} is {row.state} and untold" for row in rows if f"evt_{row.id.hex}" not in told]
