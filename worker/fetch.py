"""Step `fetch`: a recording comes from an address that a client gave, under the guard for such addresses."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from shared.crash import crash_point
from shared.db.results import commit_fetch
from shared.domain.errors import MediaMissing
from shared.domain.step import Claim
from shared.domain.video import StoredFile
from shared.outbound.client import OutboundClient
from shared.storage.port import Incoming, fetched_key
from worker.carrier import StepCarrier
from worker.crew import Errand
from worker.download import Download, Pace
from worker.lease import LeaseKeeper
from worker.recording import Tools, load_job


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetcher:
    """Shared by all threads of a worker's crew."""

    tools: Tools
    carrier: StepCarrier
    client: OutboundClient
    pace: Pace = field(default_factory=Pace)

    def find(self) -> Errand | None:
        claim = self.carrier.claim()
        if claim is None:
            return None
        return lambda: self.carrier.carry_out(claim, lambda lease: self._fetch(claim, lease))

    def _fetch(self, claim: Claim, lease: LeaseKeeper) -> None:
        perform_fetch(self.tools, self.client, claim, lease, self.pace)


def perform_fetch(tools: Tools, client: OutboundClient, claim: Claim, lease: LeaseKeeper, pace: Pace) -> None:
    """Each bearer writes a file of its own name, so that one that was given up cannot touch the one that counts.

    Raises:
        AddressNotAllowed: The address, or one it redirects to, is not public.
        FetchRefused: It answers that it gives nothing out.
        FetchFailed: It does not answer, or is cut off again and again.
        MediaMissing: The recording was deleted before it came.
        BodyTooLarge, EmptyFile, StorageFull: As for an upload.
    """
    _, video = load_job(tools, claim)
    if video.state == "stored":  # another job of this video was quicker
        return lease.commit(lambda session: commit_fetch(session, claim, None))
    if video.source_url is None:
        raise MediaMissing("the recording was deleted before it was fetched; send it again")
    limit_bytes = tools.limits.size_bytes
    with _Watch(lease, pace.beat_s) as watch:
        incoming = tools.storage.receive(fetched_key(video.id, claim.key.job_id, claim.token))
        download = Download(client, video.source_url, incoming, limit_bytes=limit_bytes, watch=watch, pace=pace)
        stored = _all_or_nothing(download, incoming)
    crash_point("fetch_stored")
    # If the lease is lost now the file stays: the commit may have come through, and if not, the sweep removes it.
    return lease.commit(lambda session: commit_fetch(session, claim, (incoming.key, stored)))


def _all_or_nothing(download: Download, incoming: Incoming) -> StoredFile:
    try:
        download.run()
        return incoming.finish()
    except BaseException:
        incoming.abort()
        raise


class _Watch:
    """Keeps a lease from a thread of its own: a silent server or a slow disk leaves the one that fetches no time."""

    def __init__(self, lease: LeaseKeeper, beat_s: float) -> None:
        self._lease = lease
        self._beat_s = beat_s
        self._ended = threading.Event()
        self._heard: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="fetch-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def check(self) -> None:
        """Raises what the lease raised, if the work has to end."""
        if self._heard is not None:
            raise self._heard

    def pause(self, seconds: float) -> None:
        """Wait, unless there is no use in it any more."""
        self._ended.wait(seconds)
        self.check()

    def _run(self) -> None:
        try:
            while not self._ended.wait(self._beat_s):
                self._lease(0)
        except Exception as error:  # noqa: BLE001, the thread that fetches raises it
            self._heard = error
            self._ended.set()
