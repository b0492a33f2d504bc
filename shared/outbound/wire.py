"""Connections to checked addresses, and how long each part of a request may take."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore2

from shared.domain.clock import Monotonic
from shared.domain.errors import AddressNotAllowed
from shared.outbound.addresses import Networks, Url, resolve
from shared.outbound.errors import NoAnswer
from shared.outbound.lookup import Lookup


class Patience:
    """How long to wait for the other side: `limit_s` in all, and `idle_s` between two signs of progress."""

    def __init__(self, clock: Monotonic, *, limit_s: float | None, idle_s: float) -> None:
        self._clock = clock
        self._idle_s = idle_s
        self._ends_at = None if limit_s is None else clock() + limit_s
        self.renew()

    def renew(self) -> None:
        """There was progress. Single bytes of headers are none, or dripping them would never end."""
        self._idle_until = self._clock() + self._idle_s

    def left_s(self) -> float:
        """For the next operation; above zero. Raises NoAnswer("timeout")."""
        ends_at = self._idle_until if self._ends_at is None else min(self._idle_until, self._ends_at)
        left_s = ends_at - self._clock()
        if left_s <= 0:
            raise NoAnswer("timeout")
        return left_s


class Wire(httpcore2.NetworkStream):
    """A socket whose every operation ends in time. The timeouts that httpcore2 hands in are not used."""

    def __init__(self, sock: socket.socket, patience: Patience) -> None:
        self._socket = sock
        self._patience = patience
        self.hung_up = False
        """Whether the other side sent all that it ever will."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, the interface's
        self._socket.settimeout(self._patience.left_s())
        try:
            received = self._socket.recv(max_bytes)
        except TimeoutError:
            raise NoAnswer("timeout") from None
        except ssl.SSLError as error:
            raise NoAnswer("connection_lost" if _was_cut(error) else "tls_failed") from None
        except OSError:
            raise NoAnswer("connection_lost") from None
        self.hung_up = not received
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002, the interface's
        unsent = memoryview(buffer)
        while unsent:
            self._socket.settimeout(self._patience.left_s())
            try:
                unsent = unsent[self._socket.send(unsent) :]
            except TimeoutError:
                raise NoAnswer("timeout") from None
            except OSError as error:
                # httpcore2 then still looks for an answer: the request may have been refused early.
                raise httpcore2.WriteError(type(error).__name__) from None
            self._patience.renew()

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        self._patience.renew()
        self._socket.settimeout(self._patience.left_s())
        try:
            self._socket = context.wrap_socket(self._socket, server_hostname=host, suppress_ragged_eofs=False)
        except TimeoutError:
            raise NoAnswer("timeout") from None
        except (OSError, ValueError):  # ValueError: a host that cannot be asked for
            raise NoAnswer("tls_failed") from None
        self._patience.renew()

    def close(self) -> None:
        self._socket.close()


def _was_cut(error: ssl.SSLError) -> bool:
    """Whether the other side left without a farewell, so that nobody knows whether that was all.

    Other errors are alerts, which may come after the handshake in TLS 1.3. Early releases
    of Python 3.11 have no class of its own for an end that OpenSSL 3 did not expect.
    """
    return isinstance(error, ssl.SSLEOFError) or error.reason == "UNEXPECTED_EOF_WHILE_READING"


@contextmanager
def connected(url: Url, allowed: Networks, patience: Patience, lookup: Lookup) -> Iterator[Wire]:
    """A connection to an address that was checked, closed at the end. Raises NoAnswer."""
    try:
        addresses = resolve(url.host, url.port, allowed, patience.left_s(), lookup)
    except AddressNotAllowed:
        raise NoAnswer("refused_address") from None
    wire = Wire(_dial(addresses, url.port, patience), patience)
    try:
        yield wire
    finally:
        wire.close()


def _dial(addresses: tuple[str, ...], port: int, patience: Patience) -> socket.socket:
    """Try one address after the other; one that keeps silent may not use up the time of the rest."""
    failure = NoAnswer("connect_failed")
    for untried, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
        try:
            return _connect(address, port, patience.left_s() / untried)
        except TimeoutError:
            failure = NoAnswer("timeout")
        except OSError:
            failure = NoAnswer("connect_failed")
    raise failure


def _connect(address: str, port: int, limit_s: float) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.settimeout(limit_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((address, port))
    except BaseException:
        sock.close()
        raise
    return sock
