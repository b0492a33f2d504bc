"""What faults cost: work without a broker, acceptance while it is silent, and rescues after kills.

Rates and latencies are compared within one run, round by round with the broker and
without it. The deployment that is measured, and what kills it, come from the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Literal, Protocol, TypeVar

from bench.speed import Say, cores
from bench.tables import Table

Broker = Literal["on", "off", "hole"]
"""`off`: refuses connections from the start of the processes. `hole`: swallows every byte once they are connected."""
Victim = Literal["worker", "analyser"]
T = TypeVar("T")

NAMES: dict[Broker, str] = {"on": "on", "off": "off from the start", "hole": "black-holed"}
RATE = 0.90  # of the rate with a broker, demanded of the rate without one
UNCHANGED = 1.25  # the p99 of some hundred requests moves by that much without any fault
RESCUE_S: dict[Victim, float] = {"worker": 60.0, "analyser": 5.0}  # promised for default leases


class Deployment(Protocol):
    """A Mien whose broker can be taken away and whose processes can be killed."""

    def recordings_per_minute(self, broker: Broker, jobs: int) -> float:
        """Of short recordings that are submitted at once, on every core."""

    def accept_s(self, broker: Broker, requests: int) -> list[float]:
        """How long each of so many submissions took, one after the other, from the request to the answer."""

    def rescue_s(self, victim: Victim) -> float:
        """From the death of who works on a step until the step is claimed again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """How much is measured."""

    rounds: int = 5
    jobs: int = 40
    requests: int = 300
    rescues: int = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    figure: float
    goal: float
    met: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Throughput:
    """Recordings per minute by round, with the broker and without it."""

    jobs: int
    on: list[float]
    off: list[float]
    spread: float
    """The largest of the rounds with the broker, divided by the smallest: what no fault explains."""
    ratio: Judged
    """The median without the broker divided by the median with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Latency:
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepting:
    """How long jobs took to be accepted by round, with the broker and while it swallows everything."""

    requests: int
    on: list[Latency]
    hole: list[Latency]
    spread: float
    """Of the p99 with the broker, as in `Throughput`."""
    p50_ratio: float
    p99_ratio: Judged
    """The median with a silent broker divided by the median with one that answers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rescues:
    each_s: list[float]
    worst_s: Judged


@dataclass(frozen=True, kw_only=True, slots=True)
class Faults:
    cores: int
    rounds: int
    throughput: Throughput
    accepting: Accepting
    rescues: dict[Victim, Rescues]
    """By who was killed; empty when no rescue was asked for."""


def bench_faults(deployment: Deployment, extent: Extent, say: Say) -> Faults:
    """All of it, one after the other.

    Raises:
        BenchFailed: Jobs did not succeed, or a fault was not felt.
    """
    return Faults(
        cores=cores(),
        rounds=extent.rounds,
        throughput=measure_throughput(deployment, extent, say),
        accepting=measure_accepting(deployment, extent, say),
        rescues={victim: measure_rescues(deployment, victim, extent.rescues, say) for victim in _victims(extent)},
    )


def measure_throughput(deployment: Deployment, extent: Extent, say: Say) -> Throughput:
    what = f"Throughput of {extent.jobs} jobs submitted at once"
    on, off = _alternate(lambda broker: deployment.recordings_per_minute(broker, extent.jobs), "off", what, extent, say)
    ratio = median(off) / median(on)
    return Throughput(jobs=extent.jobs, on=on, off=off, spread=max(on) / min(on), ratio=_at_least(ratio, RATE))


def measure_accepting(deployment: Deployment, extent: Extent, say: Say) -> Accepting:
    what = f"Latency of {extent.requests} submissions, one after the other"
    on, hole = _alternate(
        lambda broker: latency(deployment.accept_s(broker, extent.requests)), "hole", what, extent, say
    )
    p99s_ms = [one.p99_ms for one in on]
    return Accepting(
        requests=extent.requests,
        on=on,
        hole=hole,
        spread=max(p99s_ms) / min(p99s_ms),
        p50_ratio=median(one.p50_ms for one in hole) / median(one.p50_ms for one in on),
        p99_ratio=_at_most(median(one.p99_ms for one in hole) / median(p99s_ms), UNCHANGED),
    )


def measure_rescues(deployment: Deployment, victim: Victim, times: int, say: Say) -> Rescues:
    each_s = []
    for number in range(times):
        say(f"Rescue {number + 1} of {times}: of a step whose {victim} is killed")
        each_s.append(deployment.rescue_s(victim))
    return Rescues(each_s=each_s, worst_s=_at_most(max(each_s), RESCUE_S[victim]))


def latency(times_s: Sequence[float]) -> Latency:
    """Of two requests or more."""
    percentiles_s = quantiles(times_s, n=100, method="inclusive")
    return Latency(p50_ms=1000 * percentiles_s[49], p99_ms=1000 * percentiles_s[98])


def tables_of(faults: Faults) -> Iterator[Table]:
    """One of figures beside those without the fault, and one of rescues where any were asked for."""
    note = (
        f"Medians of {faults.rounds} rounds without the fault and {faults.rounds} with it, in turn, on {faults.cores} "
        "cores.\n"
        "A broker that is off refuses connections from the start; one that is silent swallows every byte.\n"
        f"Rounds without the fault differ among themselves by a factor of up to {faults.throughput.spread:.2f} in the "
        f"rate and {faults.accepting.spread:.2f} in p99."
    )
    columns = ["", "fault", "without", "with", "ratio", "goal", "met"]
    yield Table("Under faults", note, columns, [_rate(faults.throughput), *_latencies(faults.accepting)])
    if faults.rescues:
        note = "Seconds from a kill right after a heartbeat until the step is claimed again, with default leases."
        rows = [_rescue(victim, rescues) for victim, rescues in faults.rescues.items()]
        yield Table("Rescues", note, ["killed", "times", "median (s)", "worst (s)", "goal", "met"], rows)


def _victims(extent: Extent) -> list[Victim]:
    return list(RESCUE_S) if extent.rescues else []


def _alternate(
    measure: Callable[[Broker], T], fault: Broker, what: str, extent: Extent, say: Say
) -> tuple[list[T], list[T]]:
    """In turn, so that whatever else changes with time changes both."""
    found: dict[Broker, list[T]] = {"on": [], fault: []}
    for number in range(extent.rounds):
        for broker, figures in found.items():
            say(f"{what}: round {number + 1} of {extent.rounds}, broker {NAMES[broker]}")
            figures.append(measure(broker))
    return found["on"], found[fault]


def _at_least(figure: float, goal: float) -> Judged:
    return Judged(figure=figure, goal=goal, met=figure >= goal)


def _at_most(figure: float, goal: float) -> Judged:
    return Judged(figure=figure, goal=goal, met=figure <= goal)


def _rate(found: Throughput) -> list[str]:
    rates = (f"{median(rates):.1f}" for rates in (found.on, found.off))
    return ["recordings per min", "broker off", *rates, *_judged(found.ratio, "≥")]


def _latencies(found: Accepting) -> list[list[str]]:
    p50s = (f"{median(one.p50_ms for one in arm):.1f}" for arm in (found.on, found.hole))
    p99s = (f"{median(one.p99_ms for one in arm):.1f}" for arm in (found.on, found.hole))
    return [
        ["accepting, p50 (ms)", "broker silent", *p50s, f"{found.p50_ratio:.2f}", "", ""],
        ["accepting, p99 (ms)", "broker silent", *p99s, *_judged(found.p99_ratio, "≤")],
    ]


def _rescue(victim: Victim, found: Rescues) -> list[str]:
    figure, goal, met = _judged(found.worst_s, "≤")
    return [victim, str(len(found.each_s)), f"{median(found.each_s):.2f}", figure, goal, met]


def _judged(judged: Judged, sign: str) -> list[str]:
    return [f"{judged.figure:.2f}", f"{sign} {judged.goal:.2f}", "yes" if judged.met else "no"]
