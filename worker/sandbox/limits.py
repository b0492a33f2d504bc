"""What an analyser may not do: reach a network, leave core dumps, write large files, outlive its worker.

Memory is watched from outside (see `worker.analyser`), because TensorFlow reserves
address space that it never uses, which a limit on address space would forbid.
"""

from __future__ import annotations

import ctypes
import os
import resource
import threading
from typing import Literal

CLONE_NEWUSER = 0x10000000  # linux/sched.h
CLONE_NEWNET = 0x40000000  # linux/sched.h
MAX_OPEN_FILES = 256
MAX_WRITTEN_BYTES = 64 * 1024 * 1024

Isolation = Literal["namespace", "none"]


def limit_resources() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_files = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(MAX_OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_WRITTEN_BYTES, MAX_WRITTEN_BYTES))


def leave_network() -> Isolation:
    """Move to a network namespace with nothing in it; "none" where the system permits no such thing.

    Must run before any library starts a thread: user namespaces are refused afterwards.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET):
        if libc.unshare(flags) == 0:
            return "namespace"
    return "none"


def end_with(lifeline: int) -> None:
    """End this process when the other end of a pipe closes, which the kernel does when the worker dies."""

    def wait() -> None:
        os.read(lifeline, 1)
        os._exit(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
