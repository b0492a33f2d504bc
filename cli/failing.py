"""How a command ends when something is refused or fails: with 1, and the code and detail on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import typer


@contextmanager
def failing_with_code() -> Iterator[None]:
    """A refused request or a failed recording ends the command with 1, its code and detail on stderr."""
    import mien
    from shared.domain.errors import MienError

    try:
        yield
    except MienError as error:
        print(f"{error.code}: {error.detail}", file=sys.stderr)
        raise SystemExit(1) from None
    except mien.MienError as error:
        print(told(error), file=sys.stderr)
        raise SystemExit(1) from None


def told(error: Exception) -> str:
    """The code and the detail of what went wrong, with what is wrong of which field."""
    import mien

    if isinstance(error, mien.Problem):
        return f"{error.code}: {error.detail}"
    if isinstance(error, mien.JobFailed):
        return f"{error.code}: {error.detail}"
    return f"{CODES.get(type(error).__name__, 'failed')}: {error}"


CODES = {
    "Unreachable": "unreachable",
    "UnexpectedAnswer": "unexpected_answer",
    "NotYet": "not_yet",
    "RecordingChanged": "recording_changed",
}
"""Of what the client finds by itself, in the manner of the server's codes."""


def each(ids: Iterable[str], act: Callable[[str], object]) -> None:
    """Do it with all of them, say on stderr with which it did not go, and end with 1 if there was one."""
    import mien

    failed = 0
    for name in ids:
        try:
            act(name)
        except mien.MienError as error:
            print(f"{name}: {told(error)}", file=sys.stderr, flush=True)
            failed += 1
    if failed:
        raise typer.Exit(1)
