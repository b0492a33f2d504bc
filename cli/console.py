"""What the command line says while it works: always on stderr, so that stdout carries results alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


class Failure(Exception):
    """A condition that the user can act on; its text says what was wrong and what to do."""


def stderr() -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def note(text: str) -> None:
    stderr().print(text, markup=False, soft_wrap=True)  # a broken line would break an address in it


def complain(failure: Exception) -> None:
    stderr().print(f"mien: {failure}", style="bold red", markup=False, soft_wrap=True)


@contextmanager
def spinner(text: str) -> Iterator[None]:
    """Show that something is going on; on a stderr that is no terminal, say it once."""
    console = stderr()
    if not console.is_terminal:
        note(f"{text} …")
        yield
        return
    with console.status(f"{text} …"):
        yield


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as their longest cell, for people and for `cut`."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
