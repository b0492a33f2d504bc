"""The N analysers of a worker; whoever has a step to carry out borrows one."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager

from worker.analyser import Analyser, AnalyserLimits


class AnalyserPool:
    def __init__(self, size: int, limits: AnalyserLimits) -> None:
        self._all = [Analyser(limits, number) for number in range(size)]
        self._idle: queue.LifoQueue[Analyser] = queue.LifoQueue()
        for analyser in self._all:
            self._idle.put(analyser)

    @property
    def size(self) -> int:
        return len(self._all)

    def start(self, count: int | None = None) -> None:
        """Let analysers load their models now, rather than at their first step: all, or those borrowed first."""
        for analyser in self._all[-count if count else 0 :]:
            analyser.start()

    def describe(self) -> dict[str, str]:
        """Engine and isolation, as one analyser reports them. Raises what keeps it from starting."""
        return self._all[0].wait_ready()

    @contextmanager
    def borrow(self, *, wait: bool = True) -> Iterator[Analyser | None]:
        """The most recently used idle analyser; None when all are busy and the caller will not wait."""
        try:
            analyser = self._idle.get(block=wait)
        except queue.Empty:
            yield None
            return
        try:
            yield analyser
        finally:
            self._idle.put(analyser)

    def close(self) -> None:
        for analyser in self._all:
            analyser.kill()
