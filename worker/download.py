"""A file from somebody else's server, over as many connections as it takes, and no byte of another file in it."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol
from urllib.parse import quote, urljoin, urlsplit

from shared.domain.errors import AddressNotAllowed, BodyTooLarge, EmptyFile, FetchFailed, FetchRefused
from shared.log import get_logger
from shared.metrics import FETCHED_BYTES
from shared.outbound.client import Answer, OutboundClient
from shared.outbound.errors import NoAnswer
from shared.storage.port import Incoming

MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")
STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]*"')  # others are not sent back: weak, joined, or not in ASCII
SETTLED = timedelta(seconds=60)  # RFC 9110, 8.8.2.2: a file may change twice within the second that its date names

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How long the parts of a fetch may take."""

    idle_s: float = 20.0
    """A sender silent for this long has been cut off."""
    beat_s: float = 1.0
    """Between two looks at the lease."""
    pauses_s: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0)
    """After each cut in a row without a byte that was not here before; the next such cut is the last."""


class Watch(Protocol):
    """Knows whether the work still has to be done; both raise when it has not."""

    def check(self) -> None: ...

    def pause(self, seconds: float) -> None: ...


class _NotYet(Exception):
    """The file did not come, or not all of it; asking again may help."""


class Download:
    """Asks for a file until all of it is here.

    Args:
        url: As it was given, or as a redirect will say; never shown, as it may hold secrets.
        incoming: Takes the bytes; finished or aborted by the caller.
        limit_bytes: What comes after ends the download.
    """

    def __init__(
        self, client: OutboundClient, url: str, incoming: Incoming, *, limit_bytes: int, watch: Watch, pace: Pace
    ) -> None:
        self._client = client
        self._url = url
        self._incoming = incoming
        self._limit_bytes = limit_bytes
        self._watch = watch
        self._pace = pace
        self._validator: str | None = None
        """Names the version of the file of which there is a part."""
        self._total_bytes: int | None = None

    def run(self) -> None:
        """Raises AddressNotAllowed, FetchRefused, FetchFailed, BodyTooLarge, EmptyFile, or StorageFull."""
        cuts = furthest = 0
        while True:
            try:
                self._ask()
                break
            except (NoAnswer, _NotYet) as error:
                cuts = 1 if self._incoming.size_bytes > furthest else cuts + 1
                furthest = max(furthest, self._incoming.size_bytes)
                self._bear(error, cuts)
        if self._incoming.size_bytes == 0:
            raise EmptyFile("the address gave no bytes")

    def _bear(self, error: NoAnswer | _NotYet, cuts: int) -> None:
        """Wait before the next connection. Raises when there is no use in one."""
        why = str(error).replace("_", " ")
        if isinstance(error, NoAnswer) and error.reason == "refused_address":
            raise AddressNotAllowed("the address of the recording, or one it redirects to, is not a public one")
        if cuts > len(self._pace.pauses_s):
            raise FetchFailed(f"the recording could not be fetched: {why}")
        log.info("fetch_cut", reason=why, bytes=self._incoming.size_bytes, cuts=cuts)
        self._watch.pause(self._pace.pauses_s[cuts - 1])

    def _ask(self) -> None:
        url, idle_s = self._url, self._pace.idle_s
        for _ in range(MAX_REDIRECTS + 1):
            self._watch.check()
            with self._client.open("GET", url, headers=self._headers(), limit_s=None, idle_s=idle_s) as answer:
                if answer.status not in REDIRECTS:
                    return self._take(answer)
                url = _next_url(url, answer)
        raise FetchRefused(f"the address redirects more than {MAX_REDIRECTS} times")

    def _headers(self) -> dict[str, str]:
        """Ask for the rest, if it is surely the rest of the same file."""
        if not self._incoming.size_bytes or not self._validator:
            return {}
        return {"range": f"bytes={self._incoming.size_bytes}-", "if-range": self._validator}

    def _take(self, answer: Answer) -> None:
        if self._has_all(answer):
            return
        self._check(answer)
        self._place(answer)
        for chunk in answer.chunks():
            self._check_size(self._incoming.size_bytes + len(chunk))
            self._incoming.write(chunk)
            FETCHED_BYTES.inc(len(chunk))
            self._watch.check()
        if self._total_bytes not in (None, self._incoming.size_bytes):
            raise _NotYet("only a part of it came")

    def _has_all(self, answer: Answer) -> bool:
        """Whether nothing follows what is here: the connection was cut after the last byte and before its end."""
        asked_for_the_rest = bool(self._headers()) and answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        nothing_follows = answer.headers.get("content-range") == f"bytes */{self._incoming.size_bytes}"
        return asked_for_the_rest and nothing_follows and _strong_validator(answer) in (None, self._validator)

    def _check(self, answer: Answer) -> None:
        status = answer.status
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and self._incoming.size_bytes:
            self._start_over()
            raise _NotYet("the rest of it is not given out")
        if status in TRY_AGAIN:
            raise _NotYet(f"the address answered {status}")
        if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise FetchRefused(f"the address answered {status}")
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise FetchRefused("the address answers in an encoding that was not asked for")

    def _place(self, answer: Answer) -> None:
        """Find out where these bytes belong: behind those that are here, or in their place."""
        first, total_bytes = _extent(answer)
        if first not in (0, self._incoming.size_bytes):
            raise FetchRefused("the address answers with another part than was asked for")
        validator = _strong_validator(answer)
        if first == 0:
            self._start_over()
        elif self._is_of_another_file(validator, total_bytes):  # from a server that does not know If-Range
            self._start_over()
            raise _NotYet("the recording changed meanwhile")
        self._validator = validator or self._validator
        self._total_bytes = total_bytes or self._total_bytes
        self._check_size(total_bytes or 0)

    def _start_over(self) -> None:
        self._incoming.restart()
        self._validator = self._total_bytes = None

    def _is_of_another_file(self, validator: str | None, total_bytes: int | None) -> bool:
        size_differs = None not in (total_bytes, self._total_bytes) and total_bytes != self._total_bytes
        return size_differs or validator not in (None, self._validator)

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._limit_bytes:
            raise BodyTooLarge(f"at most {self._limit_bytes} bytes are accepted")


def _extent(answer: Answer) -> tuple[int, int | None]:
    """The position of the first byte in the file, and the size of the file if it is told. Raises FetchRefused."""
    if answer.status != HTTPStatus.PARTIAL_CONTENT:
        return 0, int(answer.headers.get("content-length") or 0) or None
    found = CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
    if found is None:
        raise FetchRefused("the address answers with a part and does not say which")
    return int(found[1]), None if found[2] == "*" else int(found[2])


def _next_url(url: str, answer: Answer) -> str:
    """Each address on the way goes through the guard; none may give up encryption."""
    location = answer.headers.get("location")
    if not location:
        raise FetchRefused("the address redirects to nowhere")
    try:
        following = urljoin(url, quote(location.encode("latin-1"), safe=string.printable))
        scheme = urlsplit(following).scheme
    except ValueError:
        raise FetchRefused("the address redirects to something that is no address") from None
    if urlsplit(url).scheme == "https" and scheme != "https":
        raise AddressNotAllowed("the address redirects from https to something else")
    return following


def _strong_validator(answer: Answer) -> str | None:
    """What tells a file from the same one after any change, if the server says so (RFC 9110, 13.1.5)."""
    etag = answer.headers.get("etag")
    if etag is not None:
        return etag if STRONG_ETAG.fullmatch(etag) else None
    modified, sent = answer.headers.get("last-modified", ""), answer.headers.get("date", "")
    try:
        settled = parsedate_to_datetime(sent) - parsedate_to_datetime(modified) >= SETTLED
    except (TypeError, ValueError):
        return None
    return modified if settled and modified.isascii() else None
