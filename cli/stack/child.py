"""One child process that is stopped with us, and does not outlive us when we are killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cli.console import Failure

TAIL_BYTES = 2000


class ChildFailed(Failure):
    """A child ended while it was being started."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spec:
    """How to run a child."""

    name: str
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] | None = None
    prefix: tuple[str, ...] = ()
    """Stands before argv; it may change credentials and then executes it."""
    user: int | None = None
    """Become this user and group first; needs root."""
    stop_signal: signal.Signals = signal.SIGTERM
    kill_signal: signal.Signals = signal.SIGKILL
    grace_s: float = 10.0

    def command(self) -> list[str]:
        """The whole command line.

        setpriv asks the kernel to send `stop_signal` when we die. It comes after the
        prefix because a change of credentials clears that wish. Where setpriv is
        missing, the next start ends what was left over.
        """
        setpriv = shutil.which("setpriv")
        guard = (setpriv, "--pdeathsig", self.stop_signal.name.removeprefix("SIG"), "--") if setpriv else ()
        return [*self.prefix, *guard, *self.argv]


class Child:
    """Starts, and stops, what a Spec describes.

    The kernel ties the child to the thread that starts it, not only to the process:
    start it from a thread that lives as long as the child should.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.spec.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.spec.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=None if self.spec.environment is None else dict(self.spec.environment),
                user=self.spec.user,
                group=self.spec.user,
                extra_groups=None if self.spec.user is None else [],
                process_group=0,  # Ctrl-C in a terminal reaches us alone, so that we can stop them in order
            )

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def stop(self, grace_s: float | None = None) -> None:
        """Ask it to end; after `grace_s` (its own by default), end it and its whole group."""
        if self._process is None:
            return
        try:
            if self.alive:
                self._process.send_signal(self.spec.stop_signal)
            self._process.wait(self.spec.grace_s if grace_s is None else grace_s)
        except subprocess.TimeoutExpired:
            pass
        finally:  # also when a second Ctrl-C cuts the waiting short
            if self.alive:
                self._signal_group(self.spec.kill_signal)
                self._process.wait()
            self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def fail(self) -> ChildFailed:
        """The error for a child that ended early, with the last lines of its log."""
        return ChildFailed(f"{self.spec.name} ended (exit code {self.exit_code}). {self.spec.log} says:\n{self.tail()}")

    def tail(self) -> str:
        with self.spec.log.open("rb") as log:
            log.seek(max(0, self.spec.log.stat().st_size - TAIL_BYTES))
            return log.read().decode(errors="replace").strip()
