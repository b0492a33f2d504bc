"""Which addresses Mien may send requests to: those on the public internet, and what the operator allows.

A name is judged by what it resolves to, and whoever dials uses the very addresses
that were judged, so that a name cannot show one address here and another there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal, NoReturn
from urllib.parse import quote

import idna

from shared.domain.errors import AddressNotAllowed
from shared.outbound.errors import NoAnswer
from shared.outbound.lookup import Lookup, look_up, look_up_within

Networks = tuple[IPv4Network | IPv6Network, ...]
"""What the operator allows beyond the public internet."""

MAX_URL_LENGTH = 2048
PORTS = {"http": 80, "https": 443}

# What `is_global` of Python 3.11 lets pass or leaves open; registries: iana.org, special-purpose addresses.
_DENIED_V4 = (
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv4Network("192.0.0.0/24"),  # protocol assignments, partly called global; one cloud keeps its metadata there
    IPv4Network("224.0.0.0/4"),  # multicast
    IPv4Network("168.63.129.16/32"),  # looks public, but is the host of every Azure machine
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that is given out to sites. Outside lie ::/96, mapped addresses, NAT64, unique and site-local ones, multicast."""
_DENIED_V6 = (
    IPv6Network("2001::/23"),  # protocol assignments: Teredo, ORCHID, benchmarking, anycast services of the network
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4, which wraps any IPv4 address
    IPv6Network("3fff::/20"),  # documentation
)

_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE | re.ASCII)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(?::([0-9]{0,5}))?")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""A host whose last part is a number is an IPv4 address to some resolver: `2130706433`, `0x7f.1`."""
_NEVER_IN_A_URL = re.compile(r"[\x00-\x20\x7f-\x9f\\\s]")
_LEFT_AS_IT_IS = "/?:@!$&'()*+,;=%~[]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Url:
    """A URL in parts that need no second reading. Its path may hold secrets and is not shown."""

    scheme: Literal["http", "https"]
    host: str
    """A name in lower case as DNS knows it, or an address without brackets."""
    port: int
    path: str = field(repr=False)
    """With the query; begins with a slash."""

    @property
    def target(self) -> str:
        """Host and port, by which requests to the same receiver are told."""
        return f"{self._bracketed}:{self.port}"

    @property
    def host_header(self) -> str:
        return self._bracketed if self.port == PORTS[self.scheme] else self.target

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def parse_networks(texts: Iterable[str]) -> Networks:
    """Raises ValueError, naming the text that is no network."""
    return tuple(_parse_network(text.strip()) for text in texts)


def _parse_network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a network such as 10.1.0.0/16 or fd00::/8: {error}") from None


def is_public(address: str, allowed: Networks) -> bool:
    """Whether requests may go to this address, which is one and not a name.

    An IPv4 address mapped into IPv6 is never public; it is allowed where the operator allows the address within.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return _is_in(ip, allowed) or (ip.is_global and not _is_in(ip, _DENIED_V4))
    if ip.scope_id is not None:
        return False
    if ip.ipv4_mapped is not None:
        return _is_in(ip.ipv4_mapped, allowed)
    return _is_in(ip, allowed) or (ip.is_global and ip in _GLOBAL_UNICAST and not _is_in(ip, _DENIED_V6))


def _is_in(ip: IPv4Address | IPv6Address, networks: Networks) -> bool:
    return any(ip in network for network in networks if network.version == ip.version)


def read_url(url: str) -> Url:
    """Take a URL apart. What could be read in two ways is refused. Raises AddressNotAllowed."""
    if len(url) > MAX_URL_LENGTH:
        _refuse(f"The address is longer than {MAX_URL_LENGTH} characters.")
    if _NEVER_IN_A_URL.search(url):
        _refuse("The address holds spaces, control characters or backslashes; percent-encode them.")
    parts = _URL.fullmatch(url)
    if parts is None:
        _refuse("Only addresses that begin with http:// or https:// are accepted.")
    scheme: Literal["http", "https"] = "https" if parts[1].lower() == "https" else "http"
    host, port = _read_authority(parts[2], PORTS[scheme])
    return Url(scheme=scheme, host=host, port=port, path=_read_path(parts[3]))


def _refuse(detail: str) -> NoReturn:
    raise AddressNotAllowed(detail) from None


def _read_authority(text: str, default_port: int) -> tuple[str, int]:
    if "@" in text:
        _refuse("The address holds a user name or password; leave them out.")
    parts = _AUTHORITY.fullmatch(text)
    if parts is None:
        _refuse("The address names no host, or its host or port cannot be read.")
    port = int(parts[2]) if parts[2] else default_port
    if not 0 < port < 65536:
        _refuse("The port of the address is not between 1 and 65535.")
    return _read_host(parts[1]), port


def _read_host(text: str) -> str:
    try:
        if text.startswith("["):
            return str(IPv6Address(text[1:-1]))
        host = (text.lower() if text.isascii() else idna.encode(text, uts46=True).decode("ascii")).removesuffix(".")
        if _NUMBER.fullmatch(host):
            return str(IPv4Address(host))
    except ValueError:  # idna's errors are of this family
        _refuse("The host of the address is neither a name nor an IP address in its usual form.")
    if len(host) > 253 or not _NAME.fullmatch(host):
        _refuse("The host of the address is not a name.")
    return host


def _read_path(text: str) -> str:
    try:
        path = quote(text, safe=_LEFT_AS_IT_IS)
    except UnicodeEncodeError:
        _refuse("The address holds characters that cannot be sent.")
    return path if path.startswith("/") else f"/{path}"


def resolve(host: str, port: int, allowed: Networks, limit_s: float, lookup: Lookup = look_up) -> tuple[str, ...]:
    """The addresses of a host, all of which may be dialled.

    Raises:
        AddressNotAllowed: One of them may not: a name that also leads inside is not trusted at all.
        NoAnswer: "no_such_host", or "timeout" after `limit_s`.
    """
    addresses = (host,) if _is_literal(host) else look_up_within(limit_s, lookup, host, port)
    if not addresses:
        raise NoAnswer("no_such_host")
    if not all(is_public(address, allowed) for address in addresses):
        _refuse("The address does not lead to the public internet; the operator can allow networks.")
    return addresses


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def check_url(url: str, allowed: Networks, limit_s: float = 2.0, lookup: Lookup = look_up) -> None:
    """Judge a URL when it is given, so that its giver hears of it. Raises AddressNotAllowed.

    A name that does not resolve now is accepted: it is judged again whenever it is dialled.
    """
    parts = read_url(url)
    try:
        resolve(parts.host, parts.port, allowed, limit_s, lookup)
    except NoAnswer:
        return
