"""MIEN_HOME: where an embedded stack keeps its data, and which only one stack uses at a time."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cli.console import Failure

PRIVATE = 0o700
SOCKET_PATH_LIMIT = 100  # the kernel takes 107 bytes, and the longest name in it is ".s.PGSQL.5432"
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")  # survives URLs, libpq's host lists and Postgres' directory lists
LOG_LIMIT_BYTES = 5_000_000


class HomeBusy(Failure):
    def __init__(self, home: Path, pid: str) -> None:
        super().__init__(
            f"{home} is in use by process {pid}, which runs a stack in it.\n"
            "Stop that one first, or choose another directory with --home or MIEN_HOME."
        )
        self.pid = pid


class Home:
    """The files of one embedded stack. Everything in it is readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self.key = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]
        self.postgres = self.path / "postgres"
        self.storage = self.path / "storage"
        self.logs = self.path / "logs"
        self.children = self.path / "children.json"
        self.running = self.path / "running.json"
        self._sockets: list[Path] = []

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home for this process. The kernel lets go of it however the process ends."""
        try:
            for directory in (self.path, self.storage, self.logs):
                directory.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        except OSError as error:
            raise Failure(
                f"{self.path} cannot be used as a home: {error.strerror}. Choose another with --home."
            ) from None
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise HomeBusy(self.path, lock.read().strip() or "(unknown)") from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def log(self, name: str) -> Path:
        """The log file of a child; one that grew large is put aside first."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path

    def socket_directory(self, kind: str) -> Path:
        """A private directory for unix sockets, always the same for this home."""
        for place in self._socket_places(kind):
            if len(f"{place}/.s.PGSQL.5432") < SOCKET_PATH_LIMIT and PLAIN_PATH.fullmatch(str(place)):
                self._sockets.append(private_directory(place))
                return place
        raise Failure(f"no short enough directory for sockets was found for {self.path}")

    def _socket_places(self, kind: str) -> Iterator[Path]:
        yield self.path / "run" / kind
        name = f"mien-{os.geteuid()}-{self.key}-{kind}"
        session = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
        if session.is_dir() and session.stat().st_uid == os.geteuid():
            yield session / name
        yield Path("/tmp") / name  # noqa: S108, made private or refused below

    def announce(self, facts: dict[str, Any]) -> None:
        """Write down how other commands reach this stack while it runs."""
        write_json(self.running, facts)

    def forget(self) -> None:
        """Remove what only holds while a stack runs."""
        self.running.unlink(missing_ok=True)
        self.children.unlink(missing_ok=True)
        for directory in self._sockets:
            with suppress(OSError):  # a socket that a killed server left keeps its directory
                directory.rmdir()


def private_directory(path: Path) -> Path:
    """Make a directory for us alone. Raises Failure when someone else's is in its place."""
    path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    path.mkdir(mode=PRIVATE, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Failure(f"{path} belongs to someone else; remove it, or choose another home.")
    path.chmod(PRIVATE)
    return path


def write_json(path: Path, content: object) -> None:
    """Replace a private file as a whole, so that no reader sees half of it."""
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file)
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The content, or nothing where the file is missing or was cut off."""
    try:
        content = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
