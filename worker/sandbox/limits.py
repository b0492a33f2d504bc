"""What an analyser may not do: reach a network, take the whole machine, leave core dumps, outlive its worker.

Memory is watched from outside as well (see `worker.analyser`), because what counts is what is used: TensorFlow
reserves address space that it never uses.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import Literal

CLONE_NEWUSER = 0x10000000  # linux/sched.h
CLONE_NEWNET = 0x40000000  # linux/sched.h
PR_SET_DUMPABLE = 4  # linux/prctl.h
MAX_OPEN_FILES = 256
MAX_WRITTEN_BYTES = 64 * 1024 * 1024
FIRST_TO_GO = "1000"  # the highest: when the machine runs out of memory, an analyser is ended and never its worker
DATA_MARGIN = 1.25
"""How far the kernel's limit lies above the worker's. What grows slowly meets the worker, which says what happened;
only a burst meets the kernel, whose refusal a decoder may take for damage in the recording."""
OUT_OF_MEMORY = 12  # the exit code, as ENOMEM

Isolation = Literal["namespace+seccomp", "seccomp", "namespace", "none"]


def limit_resources(memory_bytes: int | None) -> None:
    """Lower what the process may take.

    Args:
        memory_bytes: Where its worker ends it; None sets no limit here.
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    _limit(resource.RLIMIT_FSIZE, MAX_WRITTEN_BYTES)
    if memory_bytes is not None:
        _limit(resource.RLIMIT_DATA, int(memory_bytes * DATA_MARGIN))
    with suppress(OSError):  # where /proc is hidden or cannot be written to, the kernel picks by size
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)


def allow_cpu(cpu_s: float) -> None:
    """Let the process compute for so long from now, on all processors together; then the kernel ends it.

    The kernel counts whole seconds, so up to one more.
    """
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed_s = math.ceil(used.ru_utime + used.ru_stime + cpu_s)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)  # stays, so that the next request can be allowed more
    resource.setrlimit(resource.RLIMIT_CPU, (_at_most(allowed_s, hard), hard))


def leave_network() -> bool:
    """Move to a network namespace with nothing in it; False where the system permits no such thing.

    Must run before any library starts a thread: user namespaces are refused afterwards.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    return any(libc.unshare(flags) == 0 for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET))


def hide_memory() -> None:
    """Keep processes of the same user, such as other analysers, from reading this one's memory through /proc.

    The worker still sees how much it is.
    """
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, *map(ctypes.c_ulong, (0, 0, 0, 0)))


def isolation_of(*, namespace: bool, seccomp: bool) -> Isolation:
    if seccomp:
        return "namespace+seccomp" if namespace else "seccomp"
    return "namespace" if namespace else "none"


def end_with(lifeline: int) -> None:
    """End this process when the other end of a pipe closes, which the kernel does when the worker dies."""

    def wait() -> None:
        os.read(lifeline, 1)
        os._exit(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (_at_most(most, hard),) * 2)


def _at_most(wanted: int, hard: int) -> int:
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
