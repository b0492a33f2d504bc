"""Runs a command and measures what it costs: time, CPU and memory of the process and all its descendants."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from types import TracebackType
from typing import IO, Any, Self

ROOT = Path(__file__).resolve().parent.parent
SAMPLED_S = 0.05  # often enough for a peak that lasts a tenth of a second, at some 2 % of one core
SHOWN_CHARS = 2000  # of a failed command's stderr
PROC = Path("/proc")


class BenchFailed(Exception):
    """A benchmark could not be run; the text says why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one run of a command took; a megabyte is 2**20 bytes."""

    wall_s: float
    cpu_s: float
    """User and system time of the process and of every descendant that was waited for."""
    peak_tree_mb: float
    """The largest sum of resident memory over all its processes at one moment; shared pages count in each."""
    peak_process_mb: float
    """The largest resident memory of any single one of its processes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    cost: Cost
    stdout: str

    def last_json(self) -> dict[str, Any]:
        """The last line of the output, as JSON: some programs talk before they answer."""
        answer: dict[str, Any] = json.loads(self.stdout.strip().splitlines()[-1])
        return answer


def measure(command: Sequence[str | Path], folder: Path = ROOT) -> Outcome:
    """Run a command to its end in a folder.

    Raises:
        BenchFailed: It cannot be started or does not end with 0.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        exit_code, cost = _run(command, folder, out, err)
        if exit_code != 0:
            said = _text(err)[-SHOWN_CHARS:].strip()
            raise BenchFailed(f"{' '.join(map(str, command))} ended with {exit_code}.\n{said}")
        return Outcome(cost=cost, stdout=_text(out))


def median_cost(costs: Sequence[Cost]) -> Cost:
    """The median of each number by itself."""
    return Cost(
        wall_s=median(cost.wall_s for cost in costs),
        cpu_s=median(cost.cpu_s for cost in costs),
        peak_tree_mb=median(cost.peak_tree_mb for cost in costs),
        peak_process_mb=median(cost.peak_process_mb for cost in costs),
    )


def _run(command: Sequence[str | Path], folder: Path, out: IO[bytes], err: IO[bytes]) -> tuple[int, Cost]:
    started_s = perf_counter()
    try:
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
    except OSError as error:
        raise BenchFailed(f"{command[0]} cannot be started: {error.strerror}.") from error
    with _MemoryWatch(process.pid) as memory:
        usage = _wait(process)
        wall_s = perf_counter() - started_s
    cpu_s = usage.ru_utime + usage.ru_stime
    return process.returncode, Cost(
        wall_s=wall_s, cpu_s=cpu_s, peak_tree_mb=memory.peak_tree_mb, peak_process_mb=memory.peak_process_mb
    )


def _wait(process: subprocess.Popen[bytes]) -> Any:
    """Wait as `wait4` does, which also counts the descendants that the process has waited for."""
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        process.wait()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def _environment() -> dict[str, str]:
    """The safe path keeps the current folder's files from shadowing packages."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


class _MemoryWatch:
    """Looks at the memory of a process tree again and again, in a thread of its own."""

    def __init__(self, pid: int) -> None:
        self.peak_tree_mb = 0.0
        self.peak_process_mb = 0.0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            seen = [_memory_mb(pid) for pid in _tree(self._pid)]
            self.peak_tree_mb = max(self.peak_tree_mb, sum(now_mb for now_mb, _ in seen))
            self.peak_process_mb = max(self.peak_process_mb, *(peak_mb for _, peak_mb in seen))
            if self._over.wait(SAMPLED_S):
                return


def _tree(pid: int) -> list[int]:
    found = [pid]
    for parent in found:  # grows on the way
        found.extend(_children(parent))
    return found


def _children(pid: int) -> Iterator[int]:
    """Read from the threads of a process, which is far cheaper than looking through all processes."""
    for thread in _listed(PROC / str(pid) / "task"):
        yield from map(int, _read(thread / "children").split())


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # the process has ended since
        return []


def _read(path: Path) -> str:
    """The text of a file that may be gone at any moment, or nothing."""
    try:
        return path.read_text()
    except OSError:
        return ""


def _memory_mb(pid: int) -> tuple[float, float]:
    """Resident memory now, and at most since the process began to run its program; zeros once it is gone."""
    lines = _read(PROC / str(pid) / "status").splitlines()
    kilobytes = {name: rest.split()[0] for name, _, rest in (line.partition(":") for line in lines) if "kB" in rest}
    return float(kilobytes.get("VmRSS", 0)) / 1024, float(kilobytes.get("VmHWM", 0)) / 1024
