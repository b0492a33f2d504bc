"""Starts a child again when it dies, later each time, until told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cli.stack.child import Child

LOOK_S = 0.25
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0  # a child that lived this long starts again with the first pause


@dataclass(slots=True)
class _Fate:
    child: Child
    started_s: float
    pause_s: float = FIRST_PAUSE_S
    again_at_s: float | None = None


class Watch:
    """Looks after running children in a thread of its own.

    A restarted child is tied to that thread (see Child), so the thread is only let go
    after the children have been stopped: `pause`, stop them, `end`.
    """

    def __init__(self, note: Callable[[str], None], started: Callable[[], None]) -> None:
        self._note = note
        self._started = started
        self._fates: list[_Fate] = []
        self._lock = threading.Lock()
        self._paused = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def look_after(self, children: Sequence[Child]) -> None:
        with self._lock:
            self._fates += [_Fate(child, time.monotonic()) for child in children]

    def pause(self) -> None:
        """Restart nothing any more; returns when no restart is under way."""
        with self._lock:
            self._paused = True

    def end(self) -> None:
        self.pause()
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_S):
            with self._lock:
                for fate in [] if self._paused else self._fates:
                    self._look_at(fate, time.monotonic())

    def _look_at(self, fate: _Fate, now_s: float) -> None:
        if fate.again_at_s is not None:
            if now_s >= fate.again_at_s:
                self._start_again(fate, now_s)
        elif not fate.child.alive:
            if now_s - fate.started_s > STEADY_S:
                fate.pause_s = FIRST_PAUSE_S
            name, code = fate.child.spec.name, fate.child.exit_code
            self._note(f"{name} ended (exit code {code}); starting it again in {fate.pause_s:g} s")
            fate.again_at_s = now_s + fate.pause_s
            fate.pause_s = min(fate.pause_s * 2, LONGEST_PAUSE_S)

    def _start_again(self, fate: _Fate, now_s: float) -> None:
        fate.again_at_s = None
        fate.started_s = now_s
        try:
            fate.child.start()
        except OSError as error:
            self._note(f"{fate.child.spec.name} could not be started: {error}")
        self._started()
