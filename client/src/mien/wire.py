"""Requests and answers as plain data, and what an operation asks of whoever drives it.

An operation is a generator. It yields what it wants done and is sent the outcome, so
that it knows nothing of threads, event loops or sockets, and is written once:

    def job(core, job_id):
        reply = yield Send(Request("GET", f"/v1/jobs/{job_id}"))
        return decode(Job, reply.json())

`drive.py` and `drive_async.py` carry operations out, each in its way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from mien.errors import UnexpectedAnswer

T = TypeVar("T")
Json = Mapping[str, Any]
Progress = Callable[[int, int], None]
"""Told how much is done, and of how much: bytes where bytes travel, samples where a job is followed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FilePiece:
    """Some bytes of a local file, as the body of a request or as the part `file` of its form."""

    path: Path
    offset_bytes: int = 0
    size_bytes: int
    sent: Callable[[int], None] | None = None
    """Told how far into the file was read."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, which can be sent any number of times.

    Attributes:
        repeatable: Whether it may be sent again when nobody knows if it was carried out.
        timeout_s: Longest silence of the server; None: as the client was set up.
    """

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    file: FilePiece | None = None
    repeatable: bool = True
    timeout_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """Any answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Raises UnexpectedAnswer when the body is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise UnexpectedAnswer(f"an answer with status {self.status} is no JSON; is this Mien's address?") from None


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request and read the whole answer: gives a Reply, raises Unreachable."""

    request: Request


@dataclass(frozen=True, slots=True)
class Open:
    """Send a request and leave the body of a success to be read piece by piece; of anything else it is read."""

    request: Request


@dataclass(frozen=True, slots=True)
class Read:
    """The next bytes of what was opened last; empty at its end. Raises Unreachable when it is cut."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Do:
    """Work on local files, which an event loop has done by a thread."""

    work: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Give(Generic[T]):
    """Hand an item to whoever iterates."""

    item: T


Effect = Send | Open | Read | Pause | Do
Op = Generator[Effect, Any, T]
"""Ends with one value."""
Flow = Generator[Effect | Give[T], Any, None]
"""Gives items, one at a time, as they are asked for."""
