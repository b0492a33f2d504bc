"""A file on a local disk that is put together out of order, unseen until it is published."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from shared.domain.video import StoredFile
from shared.storage.disk import HASH_BYTES, fsync_folder, full_disk_named


class LocalAssembly:
    """Until then it lies under a name of its own, so that no two can write to one file."""

    def __init__(self, target: Path, path: Path) -> None:
        self._target = target
        self._path = path
        self._published = False
        self.size_bytes = 0
        with full_disk_named():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w+b", buffering=0)

    def write(self, chunk: bytes) -> int:
        self.write_at(self.size_bytes, chunk)
        return len(chunk)

    def write_at(self, offset: int, chunk: bytes) -> None:
        rest, at = memoryview(chunk), offset
        with full_disk_named():
            while rest:
                written = os.pwrite(self._file.fileno(), rest, at)
                rest, at = rest[written:], at + written
        self.size_bytes = max(self.size_bytes, at)

    def flush(self) -> None:
        """Nothing is held back."""

    def finish(self, beat: Callable[[], None]) -> StoredFile:
        with full_disk_named():
            os.fsync(self._file.fileno())
        sha256 = hashlib.sha256()
        self._file.seek(0)
        while chunk := self._file.read(HASH_BYTES):
            sha256.update(chunk)
            beat()
        modified_ns = os.fstat(self._file.fileno()).st_mtime_ns
        self._file.close()
        return StoredFile(size_bytes=self.size_bytes, sha256=sha256.hexdigest(), modified_ns=modified_ns)

    def publish(self) -> None:
        if self._published:
            return
        with full_disk_named():
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._path.rename(self._target)
            fsync_folder(self._target.parent)
        self._published = True

    def abort(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)
        with suppress(OSError):  # others are being made for the same job, or the folder went with them
            self._path.parent.rmdir()
