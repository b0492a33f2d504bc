"""A client that writes down what it did, and sends again what was not answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from tests.chaos.found import OVER
from tests.chaos.journal import Journal, Seen, Try
from tests.chaos.waiting import until

TIMEOUT_S = 12.0  # no request may hang for longer than ten
TRY_LATER = frozenset({409, 429, 500, 502, 503, 507})
"""Statuses after which the same request may be accepted; 409 says that its first try is still at work."""


class Client:
    """Thread-safe."""

    def __init__(self, url: str, key: str, journal: Journal) -> None:
        self.journal = journal
        self._http = httpx2.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=TIMEOUT_S,
            trust_env=False,
            limits=httpx2.Limits(max_keepalive_connections=0),  # a killed API leaves none that only looks open
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str) -> httpx2.Response:
        return self._http.get(path)

    def send(self, body: Iterator[bytes], headers: dict[str, str]) -> httpx2.Response:
        """A submission in pieces. Raises httpx2.HTTPError when no answer came."""
        return self._http.post("/v1/jobs", content=body, headers=headers)

    def post(self, recording: Path, key: str, fields: dict[str, str] | None = None) -> httpx2.Response:
        """One try of a submission. Raises httpx2.HTTPError when no answer came."""
        content = recording.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        try:
            answer = self._http.post(
                "/v1/jobs",
                data={"reference": key, **(fields or {})},
                files={"file": (recording.name, content)},
                headers={"Idempotency-Key": key},
            )
        except httpx2.HTTPError:
            self.journal.write(Try(key=key, sha256=sha256))
            raise
        job_id = answer.json()["id"] if answer.is_success else None
        self.journal.write(Try(key=key, sha256=sha256, job_id=job_id, status=answer.status_code))
        return answer

    def submit(self, recording: Path, key: str = "", fields: dict[str, str] | None = None) -> str:
        """A job for the recording, however many tries it takes."""
        key = key or uuid4().hex

        def accepted() -> str | None:
            try:
                answer = self.post(recording, key, fields)
            except httpx2.HTTPError:
                return None
            assert answer.is_success or answer.status_code in TRY_LATER, answer.text
            return str(answer.json()["id"]) if answer.is_success else None

        return until(accepted, "a submission is accepted")

    def job(self, job_id: str) -> dict[str, Any] | None:
        """None when the service does not answer now."""
        try:
            answer = self._http.get(f"/v1/jobs/{job_id}")
        except httpx2.HTTPError:
            return None
        assert answer.is_success or answer.status_code in TRY_LATER, answer.text
        return dict(answer.json()) if answer.is_success else None

    def cancel(self, job_id: str) -> None:
        """Ask once; the job may be over by then, and the service away."""
        try:
            answer = self._http.post(f"/v1/jobs/{job_id}/cancel")
        except httpx2.HTTPError:
            return
        assert answer.is_success or answer.status_code in TRY_LATER, answer.text

    def erase(self, job_id: str) -> None:
        """Ask once; the service may be away."""
        try:
            answer = self._http.delete(f"/v1/jobs/{job_id}")
        except httpx2.HTTPError:
            return
        assert answer.is_success or answer.status_code in TRY_LATER, answer.text

    def is_over(self, job_id: str) -> bool:
        """Look once, and write down an end."""
        job = self.job(job_id)
        if job is None or job["state"] not in OVER:
            return False
        self.journal.write(Seen(job_id=job_id, state=job["state"]))
        return True

    def end_of(self, job_id: str) -> dict[str, Any]:
        """The job once it is over."""

        def over() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job and job["state"] in OVER else None

        job = until(over, f"{job_id} is over")
        self.journal.write(Seen(job_id=job_id, state=job["state"]))
        return job
