"""Step `fetch`: a recording comes from an address that a client gave, under the guard for such addresses."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from shared.crash import crash_point
from shared.db.results import commit_fetch
from shared.domain.clock import Monotonic, monotonic_s
from shared.domain.errors import AddressNotAllowed, BodyTooLarge, EmptyFile, FetchFailed, FetchRefused
from shared.domain.step import Claim
from shared.log import get_logger
from shared.metrics import FETCHED_BYTES
from shared.outbound.client import Answer, OutboundClient
from shared.outbound.errors import NoAnswer
from shared.storage.port import Incoming, fetched_key
from worker.carrier import StepCarrier
from worker.crew import Errand
from worker.lease import LeaseKeeper
from worker.recording import Tools, load_job

MAX_REDIRECTS = 5
MAX_CUTS = 5  # in a row, without a byte between them
PAUSE_S = (1.0, 2.0, 4.0, 8.0, 16.0)  # after each of them
IDLE_S = 20.0  # a sender silent for this long has been cut off
BEAT_S = 1.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetcher:
    """Shared by all threads of a worker's crew."""

    tools: Tools
    carrier: StepCarrier
    client: OutboundClient

    def find(self) -> Errand | None:
        claim = self.carrier.claim()
        if claim is None:
            return None
        return lambda: self.carrier.carry_out(claim, lambda lease: perform_fetch(self.tools, self.client, claim, lease))


def perform_fetch(tools: Tools, client: OutboundClient, claim: Claim, lease: LeaseKeeper) -> None:
    """Each bearer writes a file of its own name, so that one that was given up cannot touch the one that counts.

    Raises:
        AddressNotAllowed: The address, or one it redirects to, is not public.
        FetchRefused: It answers that it gives nothing out.
        FetchFailed: It does not answer, or is cut off again and again.
        BodyTooLarge, EmptyFile, StorageFull: As for an upload.
    """
    _, video = load_job(tools, claim)
    if video.state == "stored":  # another job of this video was quicker
        return lease.commit(lambda session: commit_fetch(session, claim, None))
    incoming = tools.storage.receive(fetched_key(video.id, claim.token))
    try:
        _Download(client, video.source_url or "", incoming, tools.limits.size_bytes, lease).run()
        stored = incoming.finish()
    except BaseException:
        incoming.abort()
        raise
    crash_point("fetch_stored")
    # If the lease is lost now the file stays: the commit may have come through, and if not, the sweep removes it.
    return lease.commit(lambda session: commit_fetch(session, claim, (incoming.key, stored)))


class _Download:
    """One recording, over as many connections as it takes."""

    def __init__(
        self,
        client: OutboundClient,
        url: str,
        incoming: Incoming,
        limit_bytes: int,
        lease: LeaseKeeper,
        clock: Monotonic = monotonic_s,
    ) -> None:
        self._client = client
        self._url = url
        self._incoming = incoming
        self._limit_bytes = limit_bytes
        self._lease = lease
        self._clock = clock
        self._beaten_s = clock()
        self._validator: str | None = None

    def run(self) -> None:
        cuts = 0
        while True:
            before = self._incoming.size_bytes
            try:
                self._receive()
                break
            except NoAnswer as error:
                cuts = 1 if self._incoming.size_bytes > before else cuts + 1
                self._bear(error, cuts)
        if self._incoming.size_bytes == 0:
            raise EmptyFile("the address gave no bytes")

    def _bear(self, error: NoAnswer, cuts: int) -> None:
        """Wait before the next connection. Raises when there is no use in one."""
        if error.reason == "refused_address":
            raise AddressNotAllowed("the address of the recording leads to a network that is not public")
        if cuts > MAX_CUTS:
            raise FetchFailed(f"the recording could not be fetched: {error.reason.replace('_', ' ')}")
        log.info("fetch_cut", reason=error.reason, bytes=self._incoming.size_bytes, cuts=cuts)
        threading.Event().wait(PAUSE_S[cuts - 1])
        self._beat(now=True)

    def _receive(self) -> None:
        url = self._url
        for _ in range(MAX_REDIRECTS + 1):
            with self._client.open("GET", url, headers=self._headers(), limit_s=None, idle_s=IDLE_S) as answer:
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
        self._check(answer)
        if not self._continues(answer):
            self._incoming.restart()
        self._validator = _strong_validator(answer)
        expected = int(answer.headers.get("content-length") or 0)
        self._check_size(self._incoming.size_bytes + expected)
        for chunk in answer.chunks():
            self._check_size(self._incoming.size_bytes + len(chunk))
            self._incoming.write(chunk)
            FETCHED_BYTES.inc(len(chunk))
            self._beat()

    def _check(self, answer: Answer) -> None:
        status = answer.status
        if status in TRY_AGAIN:
            raise NoAnswer("broken_answer")
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and self._incoming.size_bytes:
            self._incoming.restart()
            raise NoAnswer("broken_answer")
        if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise FetchRefused(f"the address answered {status}")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise FetchRefused("the address answers in an encoding that was not asked for")

    def _continues(self, answer: Answer) -> bool:
        """Whether these bytes follow those that are here. Raises FetchRefused for a part that was not asked for."""
        if answer.status != HTTPStatus.PARTIAL_CONTENT:
            return self._incoming.size_bytes == 0
        found = CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
        if not found or int(found[1]) != self._incoming.size_bytes:
            raise FetchRefused("the address answers with another part than was asked for")
        return True

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._limit_bytes:
            raise BodyTooLarge(f"at most {self._limit_bytes} bytes are accepted")

    def _beat(self, *, now: bool = False) -> None:
        if now or self._clock() - self._beaten_s >= BEAT_S:
            self._beaten_s = self._clock()
            self._lease(0)


def _next_url(url: str, answer: Answer) -> str:
    """Each address on the way goes through the guard; none may give up encryption."""
    location = answer.headers.get("location")
    if not location:
        raise FetchRefused("the address redirects to nowhere")
    following = urljoin(url, location)
    if urlsplit(url).scheme == "https" and urlsplit(following).scheme != "https":
        raise AddressNotAllowed("the address redirects from https to something else")
    return following


def _strong_validator(answer: Answer) -> str | None:
    etag = answer.headers.get("etag")
    if etag and not etag.startswith("W/"):
        return etag
    return answer.headers.get("last-modified")
