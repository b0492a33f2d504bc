"""Places where a test may have a process die, exactly there, as `kill -9` would end it.

An entry point arms a folder; whoever wants the next process to pass a point to die
there makes an empty file with the point's name in it. Unarmed, a point does nothing.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Literal, get_args

CrashPoint = Literal[
    "upload_stored",
    "job_committed",
    "step_claimed",
    "step_computed",
    "step_committed",
    "picture_stored",
    "artifact_stored",
    "sweep_marked",
    "fetch_stored",
    "delivery_claimed",
    "delivery_posted",
    "delivery_settled",
]
CRASH_POINTS: tuple[CrashPoint, ...] = get_args(CrashPoint)

_armed: set[Path] = set()


def arm(folder: str | None) -> None:
    """Look for files in this folder from now on; None or an empty name disarms."""
    _armed.clear()
    if folder:
        _armed.add(Path(folder))


def crash_point(name: CrashPoint) -> None:
    """Die here if a file asks for it. Who removes the file dies, so that each file ends one process."""
    for folder in _armed:
        try:
            (folder / name).unlink()
        except FileNotFoundError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)
