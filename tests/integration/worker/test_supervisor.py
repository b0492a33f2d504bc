from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

from shared.db.engine import Sessions
from shared.db.erasure import erase_job
from shared.db.ids import new_id
from shared.db.jobs import get_jobs, insert_job
from shared.db.results import find_result
from shared.db.steps import LeaseLost
from shared.db.tables import EventRow, SegmentResultRow, StepRow
from shared.db.videos import insert_video
from shared.db.workspaces import ensure_workspace
from shared.domain.clock import utc_now
from shared.domain.ids import JobId, VideoId
from shared.domain.job import Job, JobRequest
from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from shared.domain.video import Video
from shared.queue import HintPublisher
from shared.storage.local import LocalStorage
from shared.storage.port import moment_key, video_key
from tests.factories import a_bearer, claim, job_up_to
from worker.carrier import StepCarrier
from worker.finish import perform_finish
from worker.pool import AnalyserPool
from worker.recording import Tools
from worker.supervisor import Supervisor
from worker.sweep import sweep_once

Submit = Callable[..., JobId]


@pytest.fixture
def tools(sessions: Sessions, storage: LocalStorage) -> Tools:
    return Tools(sessions=sessions, storage=storage, limits=MediaLimits())


@pytest.fixture
def carrier(tools: Tools, hints: HintPublisher) -> StepCarrier:
    return StepCarrier(tools, a_bearer(), hints, heartbeat_s=10.0)


@pytest.fixture
def supervisor(tools: Tools, carrier: StepCarrier, pool: AnalyserPool) -> Supervisor:
    return Supervisor(tools, carrier, pool)


@pytest.fixture
def submit(sessions: Sessions, storage: LocalStorage) -> Submit:
    """Stores bytes as a recording and queues a job for it."""

    def submit(content: bytes, options: Options | None = None) -> JobId:
        video_id = VideoId(new_id())
        incoming = storage.receive(video_key(video_id))
        incoming.write(content)
        stored = incoming.finish()
        with sessions.begin() as session:
            video = Video(
                id=video_id,
                workspace_id=ensure_workspace(session, "default"),
                storage_key=video_key(video_id),
                size_bytes=stored.size_bytes,
                sha256=stored.sha256,
                modified_ns=stored.modified_ns,
                original_name="interview.mp4",
                state="stored",
                created_at=utc_now(),
                expires_at=None,
            )
            insert_video(session, video)
            return insert_job(session, video, JobRequest(options=options or Options()))

    return submit


def work_off(supervisor: Supervisor) -> None:
    while supervisor.perform_next_step():
        pass


def read(sessions: Sessions, job_id: JobId) -> Job:
    with sessions.begin() as session:
        return get_jobs(session, [job_id])[0]


def stored_file(sessions: Sessions, storage: LocalStorage) -> Path:
    with sessions.begin() as session:
        return storage.local_path(session.scalars(text("SELECT storage_key FROM video")).one())


def test_a_recording_becomes_a_result_step_by_step(
    supervisor: Supervisor, submit: Submit, sessions: Sessions, storage: LocalStorage, recording: Path
) -> None:
    job_id = submit(recording.read_bytes())
    work_off(supervisor)

    job = read(sessions, job_id)
    assert (job.state, job.engine) == ("succeeded", "tensorflow")
    assert job.progress.samples_done == job.progress.samples_total == 12
    with sessions.begin() as session:
        result = find_result(session, job_id)
        assert session.scalars(select(EventRow.type)).all() == ["job.succeeded"]
        assert set(session.scalars(select(StepRow.state))) == {"done"}
    assert result is not None
    assert result.summary["coverage"]["samples"] == 12
    for number in range(len(result.summary["moments"])):
        assert (storage.get(moment_key(job_id, number)) or b"")[:2] == b"\xff\xd8"


def test_a_file_that_is_no_recording_fails_its_job_with_a_code(
    supervisor: Supervisor, submit: Submit, sessions: Sessions
) -> None:
    job_id = submit(b"#EXTM3U\nhttp://127.0.0.1/secret")
    work_off(supervisor)

    job = read(sessions, job_id)
    assert (job.state, job.error_code) == ("failed", "unsupported_media")
    with sessions.begin() as session:
        assert find_result(session, job_id) is None
        assert session.scalars(select(SegmentResultRow)).all() == []


def test_a_recording_that_vanished_is_missing(
    supervisor: Supervisor, submit: Submit, sessions: Sessions, storage: LocalStorage, recording: Path
) -> None:
    job_id = submit(recording.read_bytes())
    stored_file(sessions, storage).unlink()
    work_off(supervisor)

    assert read(sessions, job_id).error_code == "media_missing"


def test_a_recording_that_was_touched_is_altered(
    supervisor: Supervisor, submit: Submit, sessions: Sessions, storage: LocalStorage, recording: Path
) -> None:
    job_id = submit(recording.read_bytes())
    os.utime(stored_file(sessions, storage), (1, 1))
    work_off(supervisor)

    assert read(sessions, job_id).error_code == "media_altered"


def test_a_recording_that_was_changed_behind_its_times_is_found_out_by_its_hash(
    supervisor: Supervisor, submit: Submit, sessions: Sessions, storage: LocalStorage, recording: Path
) -> None:
    job_id = submit(recording.read_bytes())
    path = stored_file(sessions, storage)
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\0" if recording.read_bytes()[-1:] != b"\0" else b"\1")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    work_off(supervisor)

    assert read(sessions, job_id).error_code == "media_altered"


def test_a_recording_that_is_not_to_be_kept_goes_once_its_pictures_are_made(
    supervisor: Supervisor,
    submit: Submit,
    sessions: Sessions,
    storage: LocalStorage,
    hints: HintPublisher,
    recording: Path,
) -> None:
    submit(recording.read_bytes(), Options(keep_video=False))
    path = stored_file(sessions, storage)
    sweep_once(sessions, storage, hints)
    assert path.exists()

    work_off(supervisor)
    sweep_once(sessions, storage, hints)
    assert not path.exists()
    with sessions.begin() as session:
        assert session.execute(text("SELECT state FROM video")).scalar() == "deleted"


def test_of_a_job_that_was_erased_there_is_nothing_to_finish(
    tools: Tools, sessions: Sessions, pool: AnalyserPool
) -> None:
    job_id = job_up_to(sessions, "finishing")
    taken = claim(sessions)
    with sessions.begin() as session:
        erase_job(session, taken.workspace_id, job_id)

    with pool.borrow() as analyser, pytest.raises(LeaseLost):
        perform_finish(tools, taken, analyser, None)  # type: ignore[arg-type]


def test_a_picture_is_written_though_a_stopped_worker_has_it_open(storage: LocalStorage) -> None:
    stopped = storage.receive("jobs/a/moments/0.jpg")
    stopped.write(b"half of")
    storage.put("jobs/a/moments/0.jpg", b"the whole picture")

    assert storage.get("jobs/a/moments/0.jpg") == b"the whole picture"


def test_a_stopping_worker_claims_nothing_more(
    supervisor: Supervisor, carrier: StepCarrier, submit: Submit, recording: Path
) -> None:
    submit(recording.read_bytes())
    carrier.stop(grace_s=0)

    assert supervisor.perform_next_step() is False


def test_orphan_files_are_removed_when_they_are_old_and_not_before(
    sessions: Sessions, storage: LocalStorage, hints: HintPublisher, submit: Submit
) -> None:
    submit(b"known to the database")
    for age_s, number in ((7200, 1), (0, 2)):
        storage.put(f"videos/{number:032x}/original.part", b"left behind")
        path = storage.local_path(f"videos/{number:032x}/original.part")
        os.utime(path, (utc_now().timestamp() - age_s,) * 2)
    known = stored_file(sessions, storage)
    os.utime(known, (1, 1))
    sweep_once(sessions, storage, hints)

    assert known.exists()
    assert not storage.local_path(f"videos/{1:032x}").exists()
    assert storage.local_path(f"videos/{2:032x}/original.part").exists()


def test_of_two_sweepers_one_acts(sessions: Sessions, storage: LocalStorage, hints: HintPublisher) -> None:
    with sessions.begin() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": 0x7377656570})
        assert sweep_once(sessions, storage, hints) is False
    assert sweep_once(sessions, storage, hints) is True
