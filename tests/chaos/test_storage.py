"""Files vanish, change, or find no room, and two sweepers look after them (faults 14 to 16)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.chaos.fleet import Member
from tests.chaos.site import Site, age, uuid_of
from tests.chaos.waiting import until

DISK_BYTES = 4 << 20
FILLER = "filler"


@contextmanager
def a_small_disk(folder: Path) -> Iterator[None]:
    """Mount one over a folder. Skips where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can mount a disk that is soon full")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all room that is left."""
    filler = folder / FILLER
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return filler
    raise AssertionError("the disk cannot be filled")


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    """A site of its own whose storage is a small disk; the data of Postgres lie elsewhere."""
    site = Site(tmp_path)
    site.ground.storage.mkdir(parents=True)
    with a_small_disk(site.ground.storage), site:
        yield site


def recording_of(site: Site, job_id: str) -> Path:
    query = "SELECT storage_key FROM video JOIN job ON job.video_id = video.id WHERE job.id = :job"
    return site.ground.storage / str(site.ground.sql(query, job=uuid_of(job_id))[0].storage_key)


def test_an_upload_for_which_there_is_no_room_is_refused_and_leaves_nothing(
    small_site: Site, recording: Path, tmp_path: Path
) -> None:
    too_much = tmp_path / "large.mp4"
    too_much.write_bytes(recording.read_bytes() + bytes(DISK_BYTES))
    answer = small_site.client.post(too_much, "too-much")

    assert (answer.status_code, answer.json()["code"]) == (httpx2.codes.INSUFFICIENT_STORAGE, "storage_full")
    assert not list(small_site.ground.storage.glob("videos/*"))
    small_site.fleet.worker()
    assert small_site.client.end_of(small_site.client.submit(recording))["state"] == "succeeded"
    small_site.assert_sound()


def test_pictures_for_which_there_is_no_room_are_stored_once_there_is_some(small_site: Site, recording: Path) -> None:
    job_id = small_site.client.submit(recording)
    filler = fill(small_site.ground.storage)
    small_site.fleet.worker()
    assert small_site.client.end_of(job_id)["state"] == "succeeded"

    def was_tried() -> bool:
        step = small_site.step(job_id, "thumbnails")
        return bool(step and step.attempts)

    until(was_tried, "the pictures find no room")
    filler.unlink()
    until(lambda: small_site.step(job_id, "thumbnails").state == "done", "the pictures are stored")
    small_site.assert_sound()


def test_a_job_whose_recording_is_gone_or_changed_fails_with_a_reason(site: Site, recording: Path) -> None:
    missing, altered, touched = (site.client.submit(recording) for _ in range(3))
    recording_of(site, missing).unlink()
    recording_of(site, altered).write_bytes(b"something else")
    os.utime(recording_of(site, touched), (1, 1))
    site.fleet.worker()
    ends = [site.client.end_of(job_id) for job_id in (missing, altered, touched)]

    assert [(job["state"], job["error"]["code"]) for job in ends] == [
        ("failed", "media_missing"),
        ("failed", "media_altered"),
        ("failed", "media_altered"),
    ]
    for job_id in (missing, altered):  # what the test took away is forgotten, before files and rows are compared
        recording_of(site, job_id).unlink(missing_ok=True)
        site.ground.sql(
            "UPDATE video SET state = 'deleted' FROM job WHERE video.id = video_id AND job.id = :job",
            job=uuid_of(job_id),
        )
    site.assert_sound()


def removed_by(sweep: Member) -> list[str]:
    return [line["key"] for line in sweep.said("orphan_removed")] + [
        line["video_id"] for line in sweep.said("video_deleted")
    ]


def test_of_two_sweepers_one_acts(site: Site, recording: Path) -> None:
    site.fleet.worker()
    job_id = site.client.submit(recording, fields={"options": '{"keep_video": false}'})
    other = site.fleet.sweep()
    orphans = [f"videos/{number:032x}/original" for number in range(40)]
    for key in orphans:
        path = site.ground.storage / key
        path.parent.mkdir(parents=True)
        path.write_bytes(b"of nobody")
        age(path)
    site.client.end_of(job_id)
    site.assert_sound()

    removed = removed_by(other) + removed_by(site.standing[0])
    assert len(removed) == len(set(removed))
    assert set(orphans) <= set(removed)
    assert not recording_of(site, job_id).exists()


def test_files_that_a_dying_sweep_left_are_swept_by_the_next(site: Site, recording: Path) -> None:
    site.fleet.worker()
    job_id = site.client.submit(recording, fields={"options": '{"keep_video": false}'})
    site.fleet.die_at("sweep_marked")
    sweep = site.standing[0]
    sweep.wait()
    site.client.end_of(job_id)
    until(site.is_drained, "all work is done")

    site.standing[0] = site.fleet.sweep()
    site.assert_sound()
    assert not recording_of(site, job_id).exists()
