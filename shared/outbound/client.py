"""Requests to addresses that strangers gave: guarded, bounded in time, and without a second guess at the address.

No redirect is followed, no proxy of the environment is used and no cookie is kept;
each request has a connection of its own.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import certifi
import httpcore2

from shared import __version__
from shared.domain.clock import Monotonic, monotonic_s
from shared.domain.errors import AddressNotAllowed
from shared.outbound.addresses import Networks, Url, read_url
from shared.outbound.errors import NoAnswer
from shared.outbound.lookup import Lookup, look_up
from shared.outbound.wire import Patience, Wire, connected

USER_AGENT = f"Mien/{__version__}"
IGNORE_UNEXPECTED_EOF = 1 << 7  # SSL_OP_IGNORE_UNEXPECTED_EOF of openssl/ssl.h; not every build of `ssl` names it


class Answer:
    """What a server said: at once its status and headers, and its body as it arrives."""

    def __init__(self, response: httpcore2.Response, wire: Wire, patience: Patience) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = _joined(response.headers)
        self._parts = response.iter_stream()
        self._wire = wire
        self._patience = patience

    def chunks(self) -> Iterator[bytes]:
        """The body, once, coded as it was sent. Raises NoAnswer when the rest of it does not come."""
        while True:
            self._patience.renew()
            with _reasons(self._wire):
                chunk = next(self._parts, None)
            if chunk is None:
                return
            yield chunk


class OutboundClient:
    """May be used by many threads at once.

    Args:
        allowed: Networks that may be dialled although they are not public.
        lookup: Finds the addresses of a name.
    """

    def __init__(self, allowed: Networks, *, clock: Monotonic = monotonic_s, lookup: Lookup = look_up) -> None:
        self._allowed = allowed
        self._clock = clock
        self._lookup = lookup
        self._tls = _trusting_context()

    @contextmanager
    def open(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes = b"",
        limit_s: float | None,
        idle_s: float = 15.0,
    ) -> Iterator[Answer]:
        """Send a request; the connection is closed at the end, whatever was read by then.

        Args:
            method: GET, POST, …
            url: As it was given; checked here.
            headers: Those that say how the connection is used are set here and win.
            content: The body.
            limit_s: For everything, from the resolver to the last byte; None leaves only `idle_s`.
            idle_s: For each of: reaching the host, the handshake, a part of the request, all headers,
                the next chunk. Time that the caller takes between chunks does not count.

        Raises:
            NoAnswer: With the reason why; also for an address that may not be dialled.
        """
        patience = Patience(self._clock, limit_s=limit_s, idle_s=idle_s)
        try:
            parts = read_url(url)
        except AddressNotAllowed:
            raise NoAnswer("refused_address") from None
        request = _request(method, parts, headers, content)
        with connected(parts, self._allowed, patience, self._lookup) as wire:
            if parts.scheme == "https":
                wire.encrypt(self._tls, parts.host)
            connection = httpcore2.HTTP11Connection(request.url.origin, wire)
            with _reasons(wire):
                response = connection.handle_request(request)
            yield Answer(response, wire, patience)


def _trusting_context() -> ssl.SSLContext:
    """Trusts what the system trusts, and Mozilla's list where the system has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    # Some builds of Python, Debian's among them, take a connection that was cut for one that was ended.
    context.options &= ~IGNORE_UNEXPECTED_EOF
    return context


def _request(method: str, url: Url, headers: Mapping[str, str], content: bytes) -> httpcore2.Request:
    ours = {
        "host": url.host_header,
        "user-agent": USER_AGENT,
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
    }
    if content or method == "POST":
        ours["content-length"] = str(len(content))
    theirs = {name.lower(): value for name, value in headers.items()}
    target = httpcore2.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.path)
    return httpcore2.Request(method, target, headers=[*(ours | theirs | ours).items()], content=content)


def _joined(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names in lower case; a header that came several times is joined with commas, as HTTP defines."""
    joined: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


@contextmanager
def _reasons(wire: Wire) -> Iterator[None]:
    """Say with one word what httpcore2 found wrong; its own texts may quote headers."""
    try:
        yield
    except httpcore2.RemoteProtocolError:
        raise NoAnswer("connection_lost" if wire.hung_up else "broken_answer") from None
    except httpcore2.LocalProtocolError:
        raise ValueError("the method or a header of this request cannot be sent") from None
