"""`mien.Client`: Mien from the thread that asks."""

from __future__ import annotations

from collections.abc import Callable, Generator
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

import httpx2

from mien.core import MIB, Core
from mien.drive import Driver
from mien.operations import following, notifying, reading, submitting, uploading
from mien.operations.following import JobRef
from mien.presenting import presenting
from mien.retry import Retry
from mien.samples import Timeline
from mien.transport import settings_of
from mien.wire import Flow, Op

P = ParamSpec("P")
T = TypeVar("T")


def _call(operation: Callable[Concatenate[Core, P], Op[T]]) -> Callable[Concatenate[Client, P], T]:
    """A method that carries an operation out."""

    @presenting(operation, "{}")
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._driver.run(operation(self._core, *args, **kwargs))

    return method


def _each(
    operation: Callable[Concatenate[Core, P], Flow[T]],
) -> Callable[Concatenate[Client, P], Generator[T, None, None]]:
    """A method that gives the items of an operation as they are asked for."""

    @presenting(operation, "Iterator[{}]")
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> Generator[T, None, None]:
        return self._driver.each(operation(self._core, *args, **kwargs))

    return method


class Client:
    """A Mien, as seen with one key. Thread-safe; `with` it, or `close` it.

    Args:
        url: Address of the server, such as `https://mien.example`.
        key: `mien_…`, as `mien keys create` prints it.
        timeout_s: Longest silence of the server within a request.
        retry: How calls that answer at once are tried again; `Retry(for_s=0)`: not at all.
        patience_s: How long the server may be away while an upload, a download or a wait goes on.
        resumable_from_bytes: Files of this size or more go by resumable upload.
        piece_bytes: Longest body of one request of a resumable upload; some proxies allow no more.
        trust_env: Whether proxies and certificates of the environment are used.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout_s: float = 60.0,
        retry: Retry | None = None,
        patience_s: float = 300.0,
        resumable_from_bytes: int = 16 * MIB,
        piece_bytes: int = 64 * MIB,
        trust_env: bool = True,
    ) -> None:
        self._core = Core(
            address=url.rstrip("/"),
            retry=retry or Retry(),
            patience_s=patience_s,
            resumable_from_bytes=resumable_from_bytes,
            piece_bytes=piece_bytes,
        )
        self._driver = Driver(httpx2.Client(**settings_of(url, key, timeout_s, trust_env=trust_env)))

    @property
    def url(self) -> str:
        return self._core.address

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of its connections."""
        self._driver.http.close()

    def timeline(self, job: JobRef) -> Timeline:
        """Every sample, fetched as it is iterated; `timeline(job).to_pandas()` is a table."""
        return Timeline(self._driver.each(reading.timeline(self._core, job)))

    submit = _call(submitting.submit)
    batch = _call(submitting.batch)

    job = _call(following.job)
    jobs = _each(following.jobs)
    wait = _call(following.wait)
    events = _each(following.events)
    cancel = _call(following.cancel)
    retry = _call(following.retry)
    erase = _call(following.erase)
    erase_subject = _call(following.erase_subject)

    batch_state = _call(following.batch_state)
    batches = _each(following.batches)
    wait_for_batch = _call(following.wait_for_batch)
    cancel_batch = _call(following.cancel_batch)

    result = _call(reading.result)
    timeline_text = _each(reading.timeline_text)
    moment_picture = _call(reading.moment_picture)
    artifact = _call(reading.artifact)
    artifacts = _each(reading.artifacts)
    request_artifact = _call(reading.request_artifact)

    upload = _call(uploading.upload)
    uploads = _each(uploading.uploads)
    cancel_upload = _call(uploading.cancel_upload)

    video = _call(reading.video)
    videos = _each(reading.videos)
    save_video = _call(reading.save_video)
    erase_video = _call(reading.erase_video)

    create_endpoint = _call(notifying.create_endpoint)
    endpoint = _call(notifying.endpoint)
    endpoints = _each(notifying.endpoints)
    rotate_endpoint = _call(notifying.rotate_endpoint)
    enable_endpoint = _call(notifying.enable_endpoint)
    disable_endpoint = _call(notifying.disable_endpoint)
    delete_endpoint = _call(notifying.delete_endpoint)
    test_endpoint = _call(notifying.test_endpoint)
    webhook_secret = _call(notifying.webhook_secret)
    rotate_webhook_secret = _call(notifying.rotate_webhook_secret)
    delivery = _call(notifying.delivery)
    deliveries = _each(notifying.deliveries)
    redeliver = _call(notifying.redeliver)
