"""A worker's hold on one analyser process: start it, ask it, and replace it when it misbehaves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
import structlog

from shared.domain.clock import Monotonic, monotonic_s
from shared.domain.codes import error_of
from shared.domain.engines import Engine
from shared.domain.errors import AnalyserDied
from shared.domain.step import hard_limit_s
from shared.log import get_logger
from shared.metrics import ANALYSERS_REPLACED
from worker.sandbox.limits import OUT_OF_MEMORY
from worker.sandbox.wire import Message, Nonsense, receive, send

TICK_S = 1.0  # how often the caller hears of progress, and memory is looked at
READY_S = 120.0  # importing the libraries from a cold disk, many at once
ENDING_S = 1.0  # from the end of a process's connection to the end of the process
OTHER_CPU_S = hard_limit_s(800.0)  # the longest lease of a step that is no segment: planning the largest recording
ROOT = Path(__file__).resolve().parents[1]
PROGRAM = (sys.executable, "-P", "-m", "worker.sandbox.child")
SIGNALS = {one.value: one.name for one in signal.Signals}
STEADY_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072"}
"""Makes glibc give pictures back to the system at once; without it a long recording takes some 50 MB more."""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # there are as many analysers as cores
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "TMPDIR")

LOGGED_IDS = ("job_id", "step", "request_id", "trace_id")

log = get_logger(__name__)

WritePiece = Callable[[int, bytes], None]
"""Takes a piece of a file that an analyser encodes, and where in the file it lies."""
Beat = Callable[[int], None]
"""Called with the samples done so far, about once a second; may raise to stop the analyser."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnalyserLimits:
    engine: Engine = "litert"
    memory_bytes: int = 3 * 1024**3
    stall_s: float = 30.0
    niceness: int = 0
    """How far it stands back where others want to compute: 0 to 19."""
    log_format: str = ""
    """In which form it writes log lines; empty: none, as on a terminal."""


class Analyser:
    """Not thread-safe: one thread at a time borrows it from the pool.

    Args:
        number: Among the analysers of its worker; those on graphics cards share the cards by it.
    """

    def __init__(self, limits: AnalyserLimits, number: int = 0, clock: Monotonic = monotonic_s) -> None:
        self._limits = limits
        self._number = number
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None
        self._lifeline = -1
        self._ready: dict[str, Any] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Begin starting the process, if none runs; it loads its model while others go on."""
        if self._process is not None and self._process.poll() is None:
            return
        self.kill()
        ours, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        fds = (theirs.fileno(), lifeline)
        limits = self._limits
        about = (*fds, limits.engine, self._number, limits.memory_bytes, limits.log_format, limits.niceness)
        self._process = subprocess.Popen(
            [*PROGRAM, *map(str, about)],
            pass_fds=fds,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
        )
        theirs.close()
        os.close(lifeline)
        self._connection = Connection(ours.detach())

    def wait_ready(self, beat: Beat = lambda _: None) -> dict[str, Any]:
        """What the process says of itself. Raises its error, or AnalyserDied."""
        self.start()
        if self._ready is None:
            self._ready = self._next("ready", beat, READY_S).header
        return self._ready

    def ask(
        self,
        request: dict[str, Any],
        beat: Beat,
        parts: Sequence[bytes] = (),
        *,
        cpu_s: float | None = None,
        write_piece: WritePiece | None = None,
    ) -> Message:
        """Carry out one request.

        Args:
            write_piece: Takes what is encoded; without it no such thing may come.
            cpu_s: Processor time after which the kernel ends the analyser; None allows what a lease would.

        Raises:
            MediaError: As found by the analyser, which stays alive.
            AnalyserDied: It crashed, stalled, or took too much memory or processor time; it has been killed.
            Exception: Whatever `beat` or `write_piece` raised; the analyser has been killed.
        """
        self.wait_ready(beat)
        try:
            assert self._connection is not None
            limits = {"cpu_s": _cpu_s(request) if cpu_s is None else cpu_s, "ids": _ids()}
            send(self._connection, {**request, **limits}, parts)
            return self._next("done", beat, self._limits.stall_s, write_piece)
        except OSError as error:
            raise self._died(self._end()) from error

    def kill(self) -> None:
        """End the process at once; the next request starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
            os.close(self._lifeline)
        self._process, self._connection, self._ready = None, None, None

    def _next(self, wanted: str, beat: Beat, patience_s: float, write_piece: WritePiece | None = None) -> Message:
        """Pass progress on until the wanted message or an error comes."""
        samples_done, heard_s, beaten_s = 0, self._clock(), self._clock()
        while True:
            message = self._poll(TICK_S / 4)
            now_s = self._clock()
            if message is not None:
                heard_s = now_s
                kind = message.header.get("is")
                if kind == wanted:
                    return message
                if kind == "error":
                    raise error_of(message.header["code"], message.header["detail"])
                if kind == "written":
                    self._write_down(message, write_piece)
                samples_done = message.header.get("samples_done", samples_done)
            if now_s - beaten_s >= TICK_S:
                beaten_s = now_s
                self._check_memory()
                self._beat(beat, samples_done)
            if now_s - heard_s > patience_s:
                raise self._died(f"it was silent for {patience_s:.0f} s")

    def _poll(self, wait_s: float) -> Message | None:
        assert self._connection is not None
        try:
            return receive(self._connection) if self._connection.poll(wait_s) else None
        except Nonsense as error:
            raise self._died("it sent what is no answer") from error
        except (EOFError, OSError) as error:
            raise self._died(self._end()) from error

    def _end(self) -> str:
        """How a process ended whose connection is closed."""
        assert self._process is not None
        try:
            code = self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            return "it closed its connection"
        if code == OUT_OF_MEMORY:
            return "it ran out of memory"
        how = f"signal {SIGNALS.get(-code, -code)}" if code < 0 else f"exit code {code}"
        return f"it ended while it worked, with {how}"

    def _write_down(self, message: Message, write_piece: WritePiece | None) -> None:
        at = message.header.get("at")
        if write_piece is None or not isinstance(at, int) or at < 0 or len(message.parts) != 1:
            raise self._died("it sent what is no answer")
        try:
            write_piece(at, message.parts[0])
        except BaseException:
            self.kill()
            raise

    def _beat(self, beat: Beat, samples_done: int) -> None:
        try:
            beat(samples_done)
        except BaseException:
            self.kill()
            raise

    def _check_memory(self) -> None:
        assert self._process is not None
        try:
            used = psutil.Process(self._process.pid).memory_info().rss
        except psutil.NoSuchProcess:
            return  # the closed connection will tell
        if used > self._limits.memory_bytes:
            raise self._died(f"it took {used / 2**20:.0f} MiB of memory")

    def _died(self, how: str) -> AnalyserDied:
        log.warning("analyser_died", pid=self.pid, how=how, exit_code=self._process and self._process.poll())
        ANALYSERS_REPLACED.inc()
        self.kill()
        return AnalyserDied(f"The analyser was replaced: {how}.")


def _cpu_s(request: dict[str, Any]) -> float:
    """As long as the lease of such a step lasts at the most: an analyser computes on one processor."""
    if request["do"] != "segment":
        return OTHER_CPU_S
    return hard_limit_s(len(request["segment"]["frame_pts"]) * request["plan"]["interval_s"])


def _environment() -> dict[str, str]:
    """No setting and no secret reaches the process that opens strangers' files."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, **STEADY_MEMORY, **ONE_THREAD, "PYTHONPATH": str(ROOT)}


def _ids() -> dict[str, str]:
    """Of the step at work, so that the analyser's log lines can be told apart."""
    bound = structlog.contextvars.get_contextvars()
    return {name: bound[name] for name in LOGGED_IDS if name in bound}
