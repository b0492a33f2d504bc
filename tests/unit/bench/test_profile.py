"""Stages are timed where they happen, with a clock that the test turns."""

from __future__ import annotations

from collections.abc import Iterator

from bench.media import DEMO
from bench.profile import REST, START, Profile, Stopwatch, _without_double_counts, watching


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_calls_of_a_stage_add_up() -> None:
    clock = Clock()
    watch = Stopwatch(clock)

    def work(spent_s: float) -> str:
        clock.now_s += spent_s
        return "done"

    timed = watch.calls("work", work)
    assert [timed(2.0), timed(spent_s=3.0)] == ["done", "done"]
    assert watch.stages_s == {"work": 5.0}


def test_an_iterator_is_timed_while_it_makes_items_and_not_in_between() -> None:
    clock = Clock()
    watch = Stopwatch(clock)

    def frames() -> Iterator[int]:
        for number in range(3):
            clock.now_s += 1.0
            yield number

    for _ in watch.items("decoding", frames)():
        clock.now_s += 100.0
    assert watch.stages_s == {"decoding": 3.0}


def test_the_rest_is_what_no_stage_accounts_for() -> None:
    stages = _without_double_counts({START: 4.0, REST: 10.0, "decoding": 6.0, "face search": 3.0})
    assert stages[REST] == 1.0
    assert Profile(samples=1, stages_s=stages).total_s == 14.0


def test_the_stages_that_are_watched_are_those_of_the_pipeline() -> None:
    watch = Stopwatch(Clock())
    with watching(watch):
        from worker.pipeline import plan

        plan.hash_file(DEMO, lambda: None)
    assert list(watch.stages_s) == ["hash of the file"]
