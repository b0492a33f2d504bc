"""What is wrong with data that somebody gave us: never retried, always named."""

from __future__ import annotations

from pathlib import Path


class Damaged(Exception):
    """A file cannot be what it should be; `place` is the file, with the member after `!` inside an archive."""

    def __init__(self, place: str | Path, fault: str, *, line: int | None = None) -> None:
        super().__init__(f"{place}{'' if line is None else f', line {line}'}: {fault}")
        self.place = str(place)
        self.fault = fault
        self.line = line
