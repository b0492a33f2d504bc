"""What becomes of an artifact when what it is made of goes: the job, or its recording."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import select, text

from shared.db.artifacts import ask_artifact, get_artifact
from shared.db.erasure import erase_job, erase_video
from shared.db.tables import ArtifactRow
from shared.domain.artifact import ARTIFACT_KINDS, ArtifactKind
from shared.domain.errors import Gone, MediaGone, NotFound, StateConflict
from shared.domain.ids import JobId
from shared.domain.job import JobRequest
from shared.domain.options import Options
from shared.queue import HintPublisher
from shared.storage.port import artifact_key, making_key
from tests.integration.artifacts.conftest import Workshop
from tests.integration.artifacts.test_lives import interrupt, pictures_of, state_of, video_of
from worker.analyser import Analyser
from worker.sweep import sweep_once


def test_erasing_a_job_while_its_artifact_is_made_leaves_nothing(
    workshop: Workshop, job_id: JobId, monkeypatch: pytest.MonkeyPatch, hints: HintPublisher
) -> None:
    workshop.make(job_id, "report")

    def erase(_: Analyser) -> None:
        with workshop.tools.sessions.begin() as session:
            erase_job(session, workshop.workspace_id, job_id)

    interrupt(monkeypatch, 1, erase)
    workshop.ask(job_id, "annotated")
    workshop.work_off()
    sweep_once(workshop.tools.sessions, workshop.storage, hints)

    assert workshop.files() == []
    assert not workshop.storage.local_path("making").exists() or not list(
        workshop.storage.local_path("making").iterdir()
    )
    with workshop.tools.sessions.begin() as session:
        assert session.scalars(select(ArtifactRow)).all() == []
        with pytest.raises(Gone):
            ask_artifact(session, workshop.workspace_id, job_id, "report", "en")


@pytest.mark.parametrize("kind", ["annotated", "playable"])
def test_deleting_the_recording_while_it_is_encoded_ends_that(
    workshop: Workshop, job_id: JobId, monkeypatch: pytest.MonkeyPatch, kind: ArtifactKind
) -> None:
    def erase(_: Analyser) -> None:
        with workshop.tools.sessions.begin() as session:
            erase_video(session, workshop.workspace_id, video_of(workshop, job_id))

    interrupt(monkeypatch, 1, erase)
    workshop.ask(job_id, kind)
    workshop.work_off()

    assert state_of(workshop, job_id, kind) == ("dead", "media_gone")
    assert workshop.files() == pictures_of(workshop)


def test_with_the_recording_goes_what_was_made_of_it(workshop: Workshop, job_id: JobId, hints: HintPublisher) -> None:
    for kind in ARTIFACT_KINDS:
        workshop.make(job_id, kind)
    with workshop.tools.sessions.begin() as session:
        erase_video(session, workshop.workspace_id, video_of(workshop, job_id))
    sweep_once(workshop.tools.sessions, workshop.storage, hints)

    assert {key for key in workshop.files() if "artifacts" in key} == {
        artifact_key(job_id, kind) for kind in ("report", "archive")
    }
    with workshop.tools.sessions.begin() as session:
        assert get_artifact(session, workshop.workspace_id, job_id, "report").state == "ready"
        with pytest.raises(MediaGone):
            get_artifact(session, workshop.workspace_id, job_id, "annotated")
        with pytest.raises(MediaGone):
            ask_artifact(session, workshop.workspace_id, job_id, "annotated", "en")


def test_of_a_recording_that_is_not_kept_nothing_is_made(workshop: Workshop, recording: Path) -> None:
    job_id = workshop.analyse(recording, JobRequest(options=Options(keep_video=False)))

    with workshop.tools.sessions.begin() as session, pytest.raises(MediaGone):
        ask_artifact(session, workshop.workspace_id, job_id, "playable", "en")
    assert workshop.make(job_id, "report").state == "ready"


def test_a_recording_waits_with_its_deletion_until_its_artifact_is_made(
    workshop: Workshop, job_id: JobId, hints: HintPublisher
) -> None:
    workshop.ask(job_id, "playable")
    with workshop.tools.sessions.begin() as session:
        session.execute(text("UPDATE video SET expires_at = now() - interval '1 day'"))
    sweep_once(workshop.tools.sessions, workshop.storage, hints)
    workshop.work_off()

    assert workshop.find(job_id, "playable").state == "ready"


def test_before_there_is_a_result_nothing_can_be_asked_for(workshop: Workshop, recording: Path) -> None:
    job_id = workshop.submit(recording.read_bytes())

    with workshop.tools.sessions.begin() as session:
        with pytest.raises(StateConflict):
            ask_artifact(session, workshop.workspace_id, job_id, "report", "en")
        with pytest.raises(NotFound):
            ask_artifact(session, workshop.workspace_id, JobId(workshop.workspace_id), "report", "en")


def test_what_a_dead_worker_left_unfinished_is_swept_when_it_is_old(
    workshop: Workshop, job_id: JobId, hints: HintPublisher
) -> None:
    for number, modified in ((1, (1, 1)), (2, None)):
        workshop.storage.assemble("never", making_key(job_id, "annotated", number)).write(b"half of")
        if modified:
            os.utime(workshop.storage.local_path(making_key(job_id, "annotated", number)), modified)
    sweep_once(workshop.tools.sessions, workshop.storage, hints)

    assert workshop.files() == [*pictures_of(workshop), making_key(job_id, "annotated", 2)]


def test_what_was_published_without_a_commit_goes_with_the_next_try(
    workshop: Workshop, job_id: JobId, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.storage.put(artifact_key(job_id, "annotated"), b"published by a worker that died")
    workshop.ask(job_id, "annotated")
    with workshop.tools.sessions.begin() as session:
        erase_video(session, workshop.workspace_id, video_of(workshop, job_id))
    workshop.work_off()

    assert workshop.files() == pictures_of(workshop)
