"""What all that is written to a local disk has in common."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.domain.errors import StorageFull
from shared.metrics import STORAGE_ERRORS

HASH_BYTES = 1 << 20
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def full_disk_named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        STORAGE_ERRORS.labels(errno.errorcode.get(error.errno or 0, "unknown")).inc()
        if error.errno in _FULL:
            raise StorageFull("the disk is full; free some space and send the recording again") from error
        raise


def fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
