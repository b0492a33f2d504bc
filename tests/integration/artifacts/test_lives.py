"""What becomes of an artifact when who makes it ends: an analyser, or the bearer of a lease."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

import worker.analyser
import worker.artifacts.maker
from shared.db.artifacts import get_artifact
from shared.db.claims import claim_step
from shared.db.jobs import get_jobs
from shared.db.steps import LeaseLost
from shared.db.tables import StepRow
from shared.domain.artifact import ARTIFACT_KINDS, ArtifactKind
from shared.domain.errors import AnalyserDied, ArtifactFailed
from shared.domain.ids import JobId, VideoId
from shared.domain.step import Claim
from shared.storage.port import artifact_key
from tests.factories import a_bearer
from tests.integration.artifacts.conftest import Workshop
from worker.analyser import Analyser
from worker.artifacts.making import making, publish

STAND_IN = """
import os, runpy
from worker.sandbox import answers
{}
runpy.run_module("worker.sandbox.child", run_name="__main__", alter_sys=True)
"""


def interrupt(monkeypatch: pytest.MonkeyPatch, at: int, do: Any) -> None:
    """Does something when the first piece of a file comes from an analyser."""
    ask = Analyser.ask

    def asking(self: Analyser, *arguments: Any, write_piece: Any = None, **options: Any) -> Any:
        pieces = 0

        def watched(offset: int, piece: bytes) -> None:
            nonlocal pieces
            pieces += 1
            write_piece(offset, piece)
            if pieces == at:
                do(self)

        return ask(self, *arguments, write_piece=watched if write_piece else None, **options)

    monkeypatch.setattr(Analyser, "ask", asking)


def state_of(workshop: Workshop, job_id: JobId, kind: ArtifactKind) -> tuple[str, str | None]:
    with workshop.tools.sessions.begin() as session:
        step = session.scalars(select(StepRow).where(StepRow.job_id == job_id, StepRow.kind == kind)).one()
        return step.state, step.error_code


def video_of(workshop: Workshop, job_id: JobId) -> VideoId:
    with workshop.tools.sessions.begin() as session:
        return get_jobs(session, [job_id])[0].video_id


def without_backoff(workshop: Workshop) -> None:
    with workshop.tools.sessions.begin() as session:
        session.execute(update(StepRow).values(not_before=text("now()")))


def test_asking_twice_makes_once(workshop: Workshop, job_id: JobId) -> None:
    first, second = workshop.ask(job_id, "report"), workshop.ask(job_id, "report")
    assert (first.state, second.state) == ("waiting", "waiting")
    workshop.work_off()
    token = _token(workshop, job_id, "report")

    assert workshop.ask(job_id, "report").state == "ready"
    workshop.work_off()
    assert _token(workshop, job_id, "report") == token


def test_an_analysis_does_not_wait_for_artifacts_and_does_not_make_them(
    workshop: Workshop, job_id: JobId, recording: Path
) -> None:
    for kind in ARTIFACT_KINDS:
        workshop.ask(job_id, kind)
    other = workshop.analyse(recording)

    assert {state_of(workshop, job_id, kind)[0] for kind in ARTIFACT_KINDS} == {"ready"}
    with workshop.tools.sessions.begin() as session:
        assert get_jobs(session, [other])[0].state == "succeeded"


def test_the_progress_of_an_artifact_is_not_that_of_its_job(workshop: Workshop, job_id: JobId) -> None:
    workshop.make(job_id, "annotated")
    with workshop.tools.sessions.begin() as session:
        session.execute(update(StepRow).where(StepRow.kind == "annotated").values(samples_done=425, state="leased"))
        progress = get_jobs(session, [job_id])[0].progress

    assert progress.samples_done == progress.samples_total == 12
    assert workshop.find(job_id, "annotated").percent == 42.5


def test_an_analyser_that_is_killed_is_replaced_and_the_artifact_made(
    workshop: Workshop, job_id: JobId, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.ask(job_id, "annotated")
    with monkeypatch.context() as patched:
        interrupt(patched, 1, lambda analyser: os.kill(analyser.pid or 0, 9))
        workshop.work_off()
    assert state_of(workshop, job_id, "annotated")[0] == "ready"
    assert workshop.files() == pictures_of(workshop), "nothing is left of the first try"

    without_backoff(workshop)
    workshop.work_off()
    assert workshop.find(job_id, "annotated").state == "ready"


def test_an_analyser_that_always_dies_makes_it_fail_and_asking_again_tries_anew(
    workshop: Workshop, job_id: JobId, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.ask(job_id, "playable")
    with monkeypatch.context() as patched:
        program = (sys.executable, "-P", "-c", STAND_IN.format("answers.Answers.to = lambda *_: os.abort()"))
        patched.setattr(worker.analyser, "PROGRAM", program)
        for _ in range(3):
            workshop.work_off()
            without_backoff(workshop)
    failed = workshop.find(job_id, "playable")
    assert (failed.state, failed.error_code) == ("failed", "analyser_died")
    with workshop.tools.sessions.begin() as session, pytest.raises(ArtifactFailed, match="analyser_died"):
        get_artifact(session, workshop.workspace_id, job_id, "playable")
    with workshop.tools.sessions.begin() as session:
        assert get_jobs(session, [job_id])[0].state == "succeeded", "the job stands"

    assert workshop.make(job_id, "playable").state == "ready"


@pytest.mark.parametrize(
    "what",
    [
        "self._write_piece(10**15, b'far away')",
        "self._write_piece(-1, b'before the beginning')",
        "self._write_piece(0.5, b'no place')",
        "({'media_type': 'text/html'}, [])",
    ],
    ids=["too far", "before the beginning", "no number", "another type"],
)
def test_an_analyser_that_was_taken_over_can_write_nothing_else(
    workshop: Workshop, job_id: JobId, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    part = f"answers.Answers.to = lambda self, request, progress: {what} or ({{}}, [])"
    program = (sys.executable, "-P", "-c", STAND_IN.format(part))
    monkeypatch.setattr(worker.analyser, "PROGRAM", program)
    workshop.ask(job_id, "annotated")
    workshop.work_off()

    assert state_of(workshop, job_id, "annotated")[0] == "ready"
    assert workshop.files() == pictures_of(workshop)


def test_an_analyser_that_writes_unasked_is_ended(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    part = "answers.Answers.to = lambda self, request, progress: self._write_piece(0, b'x') or ({}, [])"
    monkeypatch.setattr(worker.analyser, "PROGRAM", (sys.executable, "-P", "-c", STAND_IN.format(part)))
    analyser = Analyser(worker.analyser.AnalyserLimits())
    try:
        with pytest.raises(AnalyserDied):
            analyser.ask({"do": "plan"}, lambda _: None)
    finally:
        analyser.kill()


def test_a_bearer_whose_lease_was_lost_publishes_nothing(workshop: Workshop, job_id: JobId) -> None:
    workshop.ask(job_id, "report")
    stale = _claim(workshop)
    with workshop.tools.sessions.begin() as session:
        session.execute(update(StepRow).where(StepRow.kind == "report").values(leased_until=text("now()")))
    workshop.work_off()
    content = workshop.path(job_id, "report").read_bytes()

    with making(workshop.tools, stale) as assembly:
        assembly.write(b"of a stale bearer")
        with pytest.raises(LeaseLost):
            publish(stale, _Lease(workshop), assembly, "text/html")  # type: ignore[arg-type]
    assert workshop.path(job_id, "report").read_bytes() == content
    assert workshop.files() == [artifact_key(job_id, "report"), *pictures_of(workshop)]


class _Lease:
    """Of a bearer that has lost it: commits, and is heard by nobody."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def __call__(self, _: int) -> None: ...

    def commit(self, write: Any) -> None:
        with self._workshop.tools.sessions.begin() as session:
            write(session)


def _claim(workshop: Workshop) -> Claim:
    with workshop.tools.sessions.begin() as session:
        taken = claim_step(session, a_bearer(classes=("write",)))
    assert taken is not None
    return taken


def _token(workshop: Workshop, job_id: JobId, kind: ArtifactKind) -> int:
    with workshop.tools.sessions.begin() as session:
        of_step = (StepRow.job_id == job_id) & (StepRow.kind == kind)
        return session.scalars(select(StepRow.lease_token).where(of_step)).one()


def pictures_of(workshop: Workshop) -> list[str]:
    return [key for key in workshop.files() if "/moments/" in key]
