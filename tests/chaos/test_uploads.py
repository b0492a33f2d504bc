"""The API dies while it takes a recording in (fault 2, and 1 for forms)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.chaos.site import Site
from tests.chaos.waiting import until

BOUNDARY = "----a-boundary"
HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'


def jobs_of(site: Site, key: str) -> int:
    found = site.ground.sql("SELECT count(*) AS count FROM job WHERE reference = :key", key=key)
    return int(found[0].count)


def test_a_file_that_was_stored_for_no_job_is_swept(site: Site, recording: Path) -> None:
    site.fleet.die_at("upload_stored")
    with pytest.raises(httpx2.HTTPError):
        site.client.post(recording, "stored-only")
    site.api.wait()
    assert [path.stat().st_size for path in site.ground.storage.rglob("original")] == [recording.stat().st_size]

    site.clear()
    assert jobs_of(site, "stored-only") == 0
    site.assert_sound()


def test_an_upload_that_dies_with_the_api_leaves_nothing(site: Site, recording: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield HEAD.encode() + bytes(2 << 20)  # more than is gathered before a piece is written
        until(lambda: any(site.ground.storage.rglob("*.part")), "the upload has begun")
        site.api.kill()
        yield b"nobody reads this"

    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    with pytest.raises(httpx2.HTTPError):
        site.client.send(pieces(), headers)

    site.clear()
    site.assert_sound()
