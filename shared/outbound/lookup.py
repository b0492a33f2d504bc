"""Asking the resolver for the addresses of a name, without waiting longer than one wants to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future

from shared.domain.clock import monotonic_s
from shared.outbound.errors import NoAnswer

Lookup = Callable[[str, int], tuple[str, ...]]
"""Host and port to addresses; raises OSError when there are none."""

MAX_LOOKUPS = 32  # at a time: getaddrinfo cannot be interrupted, so each one that hangs keeps a thread
_free = threading.BoundedSemaphore(MAX_LOOKUPS)


def look_up(host: str, port: int) -> tuple[str, ...]:
    """All addresses of a host, in the order in which the system would try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def look_up_within(limit_s: float, lookup: Lookup, host: str, port: int) -> tuple[str, ...]:
    """Look a host up in a thread that is left behind when it takes too long.

    Raises:
        NoAnswer: "no_such_host", or "timeout".
    """
    ends_at = monotonic_s() + limit_s
    if not _free.acquire(timeout=max(0.0, limit_s)):
        raise NoAnswer("timeout")
    found = _begin(lookup, host, port)
    try:
        return found.result(timeout=max(0.0, ends_at - monotonic_s()))
    except TimeoutError:
        raise NoAnswer("timeout") from None
    except (OSError, UnicodeError):
        raise NoAnswer("no_such_host") from None


def _begin(lookup: Lookup, host: str, port: int) -> Future[tuple[str, ...]]:
    found: Future[tuple[str, ...]] = Future()

    def run() -> None:
        try:
            found.set_result(lookup(host, port))
        except BaseException as error:  # noqa: BLE001, whoever waits is told, whatever it is
            found.set_exception(error)
        finally:
            _free.release()

    try:
        threading.Thread(target=run, name="lookup", daemon=True).start()
    except RuntimeError:  # no more threads: `run` will not give the place back
        _free.release()
        raise
    return found
