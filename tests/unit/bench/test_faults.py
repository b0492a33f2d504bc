"""Rounds in turn, ratios and verdicts, of a deployment that only says numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

import pytest

from bench.faults import Broker, Extent, Faults, Victim, bench_faults, latency, tables_of

Key = TypeVar("Key", bound=str)

EXTENT = Extent(rounds=3, jobs=40, requests=100, rescues=2)
RATES: dict[Broker, list[float]] = {"on": [100.0, 120.0, 80.0], "off": [99.0, 20.0, 95.0]}
LATENCIES_S: dict[Broker, list[float]] = {"on": [0.010, 0.020, 0.012], "hole": [0.012, 0.015, 0.090]}
RESCUES_S: dict[Victim, list[float]] = {"worker": [46.0, 61.0], "analyser": [3.0, 2.5]}


class Scripted:
    """Answers from lists, and writes down what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self._rates = each(RATES)
        self._latencies_s = each(LATENCIES_S)
        self._rescues_s = each(RESCUES_S)

    def recordings_per_minute(self, broker: Broker, jobs: int) -> float:
        self.asked.append((f"jobs {broker}", jobs))
        return next(self._rates[broker])

    def accept_s(self, broker: Broker, requests: int) -> list[float]:
        self.asked.append((f"requests {broker}", requests))
        return [next(self._latencies_s[broker])] * requests

    def rescue_s(self, victim: Victim) -> float:
        self.asked.append((victim, 1))
        return next(self._rescues_s[victim])


def each(scripted: Mapping[Key, list[float]]) -> dict[Key, Iterator[float]]:
    return {name: iter(figures) for name, figures in scripted.items()}


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def found(said: list[str]) -> Faults:
    return bench_faults(Scripted(), EXTENT, said.append)


def test_rounds_with_and_without_the_broker_take_turns() -> None:
    deployment = Scripted()
    bench_faults(deployment, EXTENT, lambda _: None)

    assert deployment.asked[:6] == [("jobs on", 40), ("jobs off", 40)] * 3
    assert deployment.asked[6:12] == [("requests on", 100), ("requests hole", 100)] * 3
    assert deployment.asked[12:] == [("worker", 1)] * 2 + [("analyser", 1)] * 2


def test_a_rate_is_compared_by_its_medians(found: Faults) -> None:
    assert found.throughput.ratio.figure == 0.95
    assert found.throughput.ratio.met
    assert found.throughput.spread == 1.5


def test_a_latency_is_compared_by_the_medians_of_its_percentiles(found: Faults) -> None:
    assert found.accepting.p99_ratio.figure == pytest.approx(1.25)
    assert found.accepting.p50_ratio == pytest.approx(1.25)
    assert found.accepting.spread == pytest.approx(2.0)


def test_rescues_are_judged_by_the_worst(found: Faults) -> None:
    judged = {victim: (rescues.worst_s.figure, rescues.worst_s.met) for victim, rescues in found.rescues.items()}
    assert judged == {"worker": (61.0, False), "analyser": (3.0, True)}


def test_no_rescue_is_tried_when_none_is_asked_for() -> None:
    found = bench_faults(Scripted(), Extent(rounds=1, rescues=0), lambda _: None)

    assert found.rescues == {}
    assert [table.title for table in tables_of(found)] == ["Under faults"]


def test_what_is_measured_is_said(found: Faults, said: list[str]) -> None:
    assert said[0] == "Throughput of 40 jobs submitted at once: round 1 of 3, broker on"
    assert said[-1] == "Rescue 2 of 2: of a step whose analyser is killed"


def test_percentiles_are_in_milliseconds() -> None:
    found = latency([number / 1000 for number in range(101)])
    assert [found.p50_ms, found.p99_ms] == pytest.approx([50.0, 99.0])


def test_the_tables_say_what_was_met(found: Faults) -> None:
    under, rescues = tables_of(found)

    assert under.rows[0][2:] == ["100.0", "95.0", "0.95", "≥ 0.90", "yes"]
    assert [list(row) for row in rescues.rows] == [
        ["worker", "2", "53.50", "61.00", "≤ 60.00", "no"],
        ["analyser", "2", "2.75", "3.00", "≤ 5.00", "yes"],
    ]
