"""A store on a local disk, or on a volume that all processes share."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shared.domain.errors import StorageFull, Unavailable
from shared.domain.video import StoredFile
from shared.metrics import STORAGE_ERRORS

PARTIAL_SUFFIX = ".part"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def _full_disk_named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        STORAGE_ERRORS.labels(errno.errorcode.get(error.errno or 0, "unknown")).inc()
        if error.errno in _FULL:
            raise StorageFull("the disk is full; free some space and send the recording again") from error
        raise


class LocalIncoming:
    """Bytes go to `<key>.part`, once, hashed on the way; the name appears when all are on disk."""

    def __init__(self, key: str, target: Path) -> None:
        self.key = key
        self._target = target
        self._partial = target.with_name(target.name + PARTIAL_SUFFIX)
        self._hash = hashlib.sha256()
        self.size_bytes = 0
        with _full_disk_named():
            target.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._partial.open("wb", buffering=0)

    def write(self, chunk: bytes) -> None:
        with _full_disk_named():
            rest = memoryview(chunk)
            while rest:
                rest = rest[self._file.write(rest) :]
        self._hash.update(chunk)
        self.size_bytes += len(chunk)

    def restart(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def finish(self) -> StoredFile:
        with _full_disk_named():
            os.fsync(self._file.fileno())
            self._file.close()
            self._partial.rename(self._target)
            _fsync_folder(self._target.parent)
        modified_ns = self._target.stat().st_mtime_ns
        return StoredFile(size_bytes=self.size_bytes, sha256=self._hash.hexdigest(), modified_ns=modified_ns)

    def abort(self) -> None:
        self._file.close()
        self._partial.unlink(missing_ok=True)
        with suppress(OSError):  # not empty: the file was finished after all
            self._target.parent.rmdir()


class LocalStorage:
    def __init__(self, root: Path) -> None:
        self._root = root

    def receive(self, key: str) -> LocalIncoming:
        return LocalIncoming(key, self.local_path(key))

    def local_path(self, key: str) -> Path:
        return self._root / key

    def put(self, key: str, content: bytes) -> None:
        incoming = self.receive(key)
        try:
            incoming.write(content)
            incoming.finish()
        except StorageFull:
            incoming.abort()
            raise

    def get(self, key: str) -> bytes | None:
        try:
            return self.local_path(key).read_bytes()
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> None:
        path = self.local_path(key)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
            return
        path.unlink(missing_ok=True)
        with suppress(OSError):  # other files of the same recording are still there
            path.parent.rmdir()

    def old_video_keys(self, older_than_s: float) -> Iterator[str]:
        newest = time.time() - older_than_s  # file systems stamp with the wall clock, so it is compared with it
        for path in self._root.glob("videos/*/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < newest:
                    yield path.relative_to(self._root).as_posix()

    def check(self) -> None:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"the storage cannot be used: {error.strerror}") from error
        if not os.access(self._root, os.W_OK):
            raise Unavailable("the storage cannot be written to")


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
