"""A store on a local disk, or on a volume that all processes share."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from shared.domain.errors import MediaMissing, StorageFull, Unavailable, UploadLocked
from shared.domain.upload import PARTIAL_SUFFIX
from shared.domain.video import StoredFile
from shared.storage.assembly import LocalAssembly
from shared.storage.disk import HASH_BYTES, fsync_folder, full_disk_named
from shared.storage.port import MAKING

MAX_HASHES = 1024  # uploads that one process remembers between two of their pieces

Hashes = dict[str, tuple[int, Any]]
"""By key: the bytes that went into a hash, and the hash."""


class LocalIncoming:
    """Bytes go to `<key>.part`, once, hashed on the way; the name appears when all are on disk.

    One that is resumed is this process's alone: the kernel's lock on the file keeps a second
    writer out, also one in another process, and goes with the process that holds it.

    Args:
        resume_bytes: So much of a partial file is kept; it is read again for the hash, unless that is known.
            None begins anew, whatever is there.
        hashes: Where the hash of an unfinished file waits for its next piece.
    """

    def __init__(self, key: str, target: Path, resume_bytes: int | None = None, hashes: Hashes | None = None) -> None:
        self.key = key
        self._hashes = {} if hashes is None else hashes
        self._target = target
        self._partial = target.with_name(target.name + PARTIAL_SUFFIX)
        self._hash = hashlib.sha256()
        self.size_bytes = resume_bytes or 0
        with full_disk_named():
            target.parent.mkdir(parents=True, exist_ok=True)
            if resume_bytes and not self._partial.exists():
                _take_back(target, self._partial)
            begins = resume_bytes is None or not self._partial.exists()
            self._file = self._partial.open("w+b" if begins else "r+b", buffering=0)
        if resume_bytes is not None:
            self._keep(resume_bytes)

    def _keep(self, size_bytes: int) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._restore_hash(size_bytes)
            self._file.truncate(size_bytes)
        except BlockingIOError:
            self._file.close()
            raise UploadLocked("another request writes to this file; try again in a moment") from None
        except BaseException:
            self._file.close()
            raise

    def _restore_hash(self, size_bytes: int) -> None:
        """Know it, or read what is kept. Raises MediaMissing when the file is shorter than was promised."""
        known_bytes, known = self._hashes.pop(self.key, (-1, self._hash))
        if known_bytes == size_bytes == self._file.seek(0, os.SEEK_END):
            self._hash = known
            return
        self._file.seek(0)
        left = size_bytes
        while left:
            chunk = self._file.read(min(left, HASH_BYTES))
            if not chunk:
                raise MediaMissing("bytes that were safe are missing; begin another upload")
            self._hash.update(chunk)
            left -= len(chunk)

    def sync(self) -> int:
        with full_disk_named():
            os.fdatasync(self._file.fileno())
        return self.size_bytes

    def close(self) -> None:
        if not self._file.closed:
            while len(self._hashes) >= MAX_HASHES:
                self._hashes.pop(next(iter(self._hashes)), None)
            self._hashes[self.key] = self.size_bytes, self._hash
        self._file.close()

    def write(self, chunk: bytes) -> None:
        with full_disk_named():
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
        with full_disk_named():
            os.fsync(self._file.fileno())
            self._file.close()
            self._partial.rename(self._target)
            fsync_folder(self._target.parent)
        modified_ns = self._target.stat().st_mtime_ns
        return StoredFile(size_bytes=self.size_bytes, sha256=self._hash.hexdigest(), modified_ns=modified_ns)

    def abort(self) -> None:
        self._file.close()
        self._partial.unlink(missing_ok=True)
        with suppress(OSError):  # not empty: the file was finished after all
            self._target.parent.rmdir()


def _take_back(target: Path, partial: Path) -> None:
    """What a process finished that died before its commit is unfinished again. Raises MediaMissing."""
    try:
        target.rename(partial)
    except FileNotFoundError:
        raise MediaMissing("bytes that were safe are missing; begin another upload") from None


class LocalStorage:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._hashes: Hashes = {}

    def receive(self, key: str) -> LocalIncoming:
        return LocalIncoming(key, self.local_path(key))

    def resume(self, key: str, size_bytes: int) -> LocalIncoming:
        return LocalIncoming(key, self.local_path(key), size_bytes, self._hashes)

    def forget_partial(self, key: str) -> None:
        self.delete(key + PARTIAL_SUFFIX)

    def assemble(self, key: str, unfinished_key: str) -> LocalAssembly:
        return LocalAssembly(self.local_path(key), self.local_path(unfinished_key))

    def old_unfinished_keys(self, older_than_s: float) -> Iterator[str]:
        return self._older(f"{MAKING}/*/*", older_than_s)

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

    def open(self, key: str) -> BinaryIO | None:
        try:
            return self.local_path(key).open("rb")
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
        return self._older("videos/*/*", older_than_s)

    def _older(self, pattern: str, older_than_s: float) -> Iterator[str]:
        newest = time.time() - older_than_s  # file systems stamp with the wall clock, so it is compared with it
        for path in self._root.glob(pattern):
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
