from __future__ import annotations

from pathlib import Path

import pytest

from cli.stack.child import Child, Spec
from cli.stack.watch import LONGEST_PAUSE_S, STEADY_S, Watch, _Fate


class FakeChild(Child):
    def __init__(self) -> None:
        super().__init__(Spec(name="worker", argv=("true",), log=Path("/dev/null")))
        self.starts = 0
        self.running = True

    @property
    def alive(self) -> bool:
        return self.running

    @property
    def exit_code(self) -> int | None:
        return None if self.running else 1

    def start(self) -> None:
        self.starts += 1
        self.running = True


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def watch(notes: list[str]) -> Watch:
    return Watch(notes.append, lambda: None)


def die(watch: Watch, fate: _Fate, at_s: float) -> float:
    """Let the child die, and return how long the watch waits before it starts it again."""
    assert isinstance(fate.child, FakeChild)
    fate.child.running = False
    watch._look_at(fate, at_s)
    assert fate.again_at_s is not None
    pause_s = fate.again_at_s - at_s
    watch._look_at(fate, fate.again_at_s)
    return pause_s


def test_a_living_child_is_left_alone(watch: Watch, notes: list[str]) -> None:
    child = FakeChild()
    watch._look_at(_Fate(child, started_s=0), 10)
    assert (child.starts, notes) == (0, [])


def test_a_dead_child_is_noted_and_started_again_after_a_pause(watch: Watch, notes: list[str]) -> None:
    child = FakeChild()
    fate = _Fate(child, started_s=0)
    child.running = False
    watch._look_at(fate, 10.0)
    assert child.starts == 0
    watch._look_at(fate, 10.6)
    assert child.starts == 1
    assert notes == ["worker ended (exit code 1); starting it again in 0.5 s"]


def test_pauses_grow_up_to_a_bound(watch: Watch) -> None:
    fate = _Fate(FakeChild(), started_s=0)
    pauses = [die(watch, fate, fate.started_s + 1) for _ in range(9)]
    assert pauses[:3] == pytest.approx([0.5, 1.0, 2.0])
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE_S)


def test_a_child_that_was_steady_is_started_again_at_once(watch: Watch) -> None:
    fate = _Fate(FakeChild(), started_s=0)
    for _ in range(5):
        die(watch, fate, fate.started_s + 1)
    assert die(watch, fate, fate.started_s + STEADY_S + 1) == pytest.approx(0.5)


def test_nothing_is_started_after_a_pause_was_asked_for(watch: Watch) -> None:
    child = FakeChild()
    watch.look_after([child])
    watch.pause()
    child.running = False
    watch.begin()
    watch.end()
    assert child.starts == 0
