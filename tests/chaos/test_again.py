"""What was cut off goes on, what is sent again is done once, and what is erased stays so (faults 1, 3 and 19)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.chaos.site import Site, uuid_of
from tests.chaos.waiting import until

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}


def http(site: Site) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {site.ground.key}"}
    return httpx2.Client(base_url=site.fleet.url, headers=headers, timeout=30, trust_env=False)


def test_an_upload_goes_on_where_it_was_when_the_api_was_killed(site: Site, recording: Path) -> None:
    content = recording.read_bytes()
    half = len(content) // 2
    with http(site) as client:
        begun = client.post("/v1/uploads", headers={**TUS, "Upload-Length": str(len(content))})
        path = f"/v1/uploads/{begun.headers['location'].rpartition('/')[2]}"
        client.patch(path, content=content[:half], headers={**PIECE, "Upload-Offset": "0"})

    with http(site) as client, pytest.raises(httpx2.HTTPError):
        client.patch(path, content=_killing(site, content[half:-1000]), headers={**PIECE, "Upload-Offset": str(half)})
    site.clear()
    with http(site) as client:
        offset = int(client.head(path, headers=TUS).headers["upload-offset"])
        assert half <= offset < len(content)
        assert client.get("/v1/jobs", params={"limit": 200}).json()["items"] == []

        def goes_on() -> httpx2.Response | None:
            headers = {**PIECE, "Upload-Offset": str(offset)}
            answer = client.patch(path, content=content[offset:], headers=headers)
            return answer if answer.status_code == 204 else None  # the dead writer's lock has to run out

        until(goes_on, "the upload goes on")
        job = client.post("/v1/jobs", json={"upload_id": path.rpartition("/")[2]}).json()
        video = client.get(f"/v1/videos/{job['video_id']}").json()
    assert video["sha256"] == hashlib.sha256(content).hexdigest()
    site.fleet.worker()
    assert site.client.end_of(job["id"])["state"] == "succeeded"
    site.assert_sound()


def _killing(site: Site, content: bytes) -> Iterator[bytes]:
    """Sends the content, and kills the API before it has all of it."""
    yield content
    for member in site.standing:
        if member.name.startswith("api"):
            member.kill()
    yield b"x" * 1000


def test_a_submission_whose_answer_was_lost_is_the_same_job_when_it_is_sent_again(site: Site, recording: Path) -> None:
    site.fleet.die_at("job_committed")
    with pytest.raises(httpx2.HTTPError):
        site.client.post(recording, "key-of-a-lost-answer")
    assert site.fleet.was_hit("job_committed")
    [first] = site.ground.sql("SELECT id FROM job WHERE reference = 'key-of-a-lost-answer'")
    site.clear()

    assert uuid_of(site.client.submit(recording, "key-of-a-lost-answer")) == first.id
    site.fleet.worker()
    site.client.end_of(f"job_{first.id.hex}")
    site.assert_sound()


@pytest.mark.parametrize("kind", ["plan", "segment"])
def test_of_a_job_that_is_erased_while_it_is_worked_on_nothing_is_left(
    site: Site, long_recording: Path, kind: str
) -> None:
    site.fleet.worker()
    job_id = site.client.submit(long_recording)
    site.until_leased(job_id, kind)
    with http(site) as client:
        video_id = client.delete(f"/v1/jobs/{job_id}").json()["video_id"]

    assert site.client.end_of(job_id)["state"] == "erased"
    site.assert_sound()
    left = [*site.ground.storage.glob(f"jobs/{uuid_of(job_id).hex}/**/*")]
    left += site.ground.storage.glob(f"videos/{uuid_of(video_id.replace('vid_', 'job_')).hex}/**/*")
    assert left == []
