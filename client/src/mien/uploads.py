"""What of an upload is kept on this side: the file it is of, and a note by which another process goes on with it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mien.errors import RecordingChanged

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalFile:
    """A file as it was when the upload began."""

    path: Path
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Raises OSError when it cannot be read."""
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
        return cls(path=path.absolute(), size_bytes=found.st_size, modified_ns=found.st_mtime_ns)

    def check(self) -> None:
        """Raises RecordingChanged when it is another one by now."""
        if LocalFile.of(self.path) != self:
            raise RecordingChanged(f"{self.path} changed while it was sent")


class Notes:
    """A folder with a small file for each upload that was begun and has not become anything yet.

    Args:
        folder: Made when it is needed; None: nothing is kept.
        address: Of the server; a file goes to each server by itself.
    """

    def __init__(self, folder: Path | None, address: str) -> None:
        self._folder = folder
        self._address = address

    def find(self, local: LocalFile) -> str | None:
        """The upload of the same file, unchanged; a note that cannot be read is in nobody's way."""
        try:
            return str(json.loads(self._of(local).read_text())["upload_id"]) if self._folder else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, local: LocalFile, upload_id: str) -> None:
        if self._folder is None:
            return
        self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        new = self._of(local).with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "w") as file:
            json.dump({"upload_id": upload_id}, file)
        new.replace(self._of(local))

    def forget(self, local: LocalFile) -> None:
        if self._folder is not None:
            self._of(local).unlink(missing_ok=True)

    def _of(self, local: LocalFile) -> Path:
        """A name that holds nothing of what it is about: names of recordings are personal."""
        assert self._folder is not None
        about = f"{self._address}\0{local.path}\0{local.size_bytes}\0{local.modified_ns}"
        return self._folder / f"{hashlib.sha256(about.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.json"
