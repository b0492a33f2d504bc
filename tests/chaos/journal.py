"""What a client remembers by itself, one JSON object per line: what it sent, what it was answered, how jobs ended."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Try:
    """One POST of a recording. Without a job id, the connection died or the service could not answer."""

    key: str
    """The idempotency key; the same as the job's reference, by which its job is found without an answer."""
    sha256: str
    job_id: str | None = None
    status: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A state in which a job was over."""

    job_id: str
    state: str


class Journal:
    """Shared by the threads of a client."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        path.touch()

    def write(self, entry: Try | Seen) -> None:
        line = json.dumps({"is": type(entry).__name__.lower(), **asdict(entry)})
        with self._lock, self._path.open("a") as file:
            file.write(line + "\n")

    def tries(self) -> list[Try]:
        return [Try(**entry) for kind, entry in self._entries() if kind == "try"]

    def seen(self) -> list[Seen]:
        return [Seen(**entry) for kind, entry in self._entries() if kind == "seen"]

    def _entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for line in self._path.read_text().splitlines():
            entry = json.loads(line)
            yield entry.pop("is"), entry
