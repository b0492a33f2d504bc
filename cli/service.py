"""A running Mien, as the command line reaches it over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from cli.console import Failure
from shared.domain.errors import MienError

if TYPE_CHECKING:
    import httpx2

TIMEOUT_S = 60.0  # longer than the longest wait that is asked for below
WAIT_S = 1
OVER = ("succeeded", "failed", "canceled", "erased")

Json = dict[str, Any]


class Refused(Failure):
    """The service answered with a problem; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Service:
    def __init__(self, url: str, key: str) -> None:
        import httpx2  # half of this module is for commands that talk to nobody

        self.url = url.rstrip("/")
        self._http = httpx2.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=TIMEOUT_S, trust_env=False
        )

    def submit(self, video: Path, fields: dict[str, str], sent: Callable[[int], None]) -> Json:
        """Upload a recording as a job. `sent` hears of the bytes on their way. Raises Refused."""
        with video.open("rb") as file:
            body = {"file": (video.name, _Counted(file, sent))}
            return self._answer(self._call("POST", "/v1/jobs", data=fields, files=body))

    def follow(self, job_id: str) -> Iterator[Json]:
        """The job as it changes, at least once a second, until it is over."""
        while True:
            job = self._answer(self._call("GET", f"/v1/jobs/{job_id}"))
            yield job
            if job["state"] in OVER:
                return
            self._call("GET", f"/v1/jobs/{job_id}", headers={"Prefer": f"wait={WAIT_S}"})

    def result(self, job_id: str) -> Json:
        return self._answer(self._call("GET", f"/v1/jobs/{job_id}/result"))

    def _call(self, method: str, path: str, **arguments: Any) -> httpx2.Response:
        import httpx2

        try:
            return self._http.request(method, path, **arguments)
        except httpx2.HTTPError as error:
            raise Failure(f"{self.url} does not answer ({error}); is Mien running there?") from error

    @staticmethod
    def _answer(response: httpx2.Response) -> Json:
        try:
            body = response.json()
        except ValueError:
            raise Failure(f"unexpected answer with status {response.status_code}; is this Mien's address?") from None
        if response.is_error:
            raise Refused(body.get("code", str(response.status_code)), body.get("detail", response.reason_phrase))
        return dict(body)


class _Counted:
    """A file that says how much of it was read."""

    def __init__(self, file: BinaryIO, sent: Callable[[int], None]) -> None:
        self._file = file
        self._sent = sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(1 << 16):
            yield chunk

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self._sent(self._file.tell())
        return chunk


@contextmanager
def failing_with_code() -> Iterator[None]:
    """A refused or failed recording ends the command with 1, its code and detail on stderr."""
    try:
        yield
    except MienError as error:
        print(f"{error.code}: {error.detail}", file=sys.stderr)
        raise SystemExit(1) from None
    except Refused as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
