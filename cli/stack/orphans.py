"""Ends what an earlier stack left behind when it was killed.

Children end with their parent (child.py), so this mostly waits for the last of them.
A process is only touched when its start time is the recorded one: a number that was
given to another process since is left alone.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from cli.stack.child import Child
from cli.stack.home import Home, read_json, write_json

PATIENCE_S = 10.0
POLL_S = 0.05


def record(home: Home, children: list[Child]) -> None:
    """Write down which processes are ours, newest last."""
    known = {child.spec.name: (child.pid, birth(child.pid)) for child in children if child.pid and child.alive}
    write_json(home.children, known)


def end_orphans(home: Home) -> list[str]:
    """End every recorded process that still lives, in the order of a shutdown. Returns their names."""
    left = {name: (pid, born) for name, (pid, born) in read_json(home.children).items() if birth(pid) == born}
    for name, (pid, born) in reversed(left.items()):
        _end(pid, born, gently=signal.SIGINT if name == "postgres" else signal.SIGTERM)
    home.forget()
    return list(left)


def birth(pid: int) -> str | None:
    """What tells a process from a later one with the same number: the boot, and the tick it started at."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if fields[0] == "Z" else f"{boot} {fields[19]}"


def _end(pid: int, born: str, gently: signal.Signals) -> None:
    for number in (gently, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + PATIENCE_S
        while birth(pid) == born and time.monotonic() < deadline:
            time.sleep(POLL_S)
        if birth(pid) != born:
            return
