"""A workshop: jobs that are over, and those who make artifacts of them, on a real database and storage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.db.artifacts import ask_artifact, list_artifacts
from shared.db.engine import Sessions
from shared.db.ids import new_id
from shared.db.jobs import insert_job
from shared.db.videos import insert_video
from shared.db.workspaces import ensure_workspace
from shared.domain.artifact import Artifact, ArtifactKind, Language
from shared.domain.clock import utc_now
from shared.domain.ids import JobId, VideoId, WorkspaceId
from shared.domain.job import JobRequest
from shared.domain.limits import MediaLimits
from shared.domain.step import StepClass
from shared.domain.video import Video
from shared.queue import HintPublisher, create_celery
from shared.storage.local import LocalStorage
from shared.storage.port import artifact_key, video_key
from tests.factories import a_bearer
from tests.recordings import Studio
from worker.analyser import AnalyserLimits
from worker.artifacts.maker import NICENESS, Encoder, Writer
from worker.carrier import StepCarrier
from worker.pool import AnalyserPool
from worker.recording import Tools
from worker.supervisor import Supervisor


@dataclass(frozen=True, kw_only=True)
class Workshop:
    tools: Tools
    supervisor: Supervisor
    encoder: Encoder
    writer: Writer
    workspace_id: WorkspaceId

    @property
    def storage(self) -> LocalStorage:
        assert isinstance(self.tools.storage, LocalStorage)
        return self.tools.storage

    def submit(self, content: bytes, request: JobRequest | None = None, name: str = "interview.mp4") -> JobId:
        """A stored recording and a job for it."""
        video_id = VideoId(new_id())
        incoming = self.storage.receive(video_key(video_id))
        incoming.write(content)
        stored = incoming.finish()
        video = Video(
            id=video_id,
            workspace_id=self.workspace_id,
            storage_key=video_key(video_id),
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
            modified_ns=stored.modified_ns,
            original_name=name,
            state="stored",
            created_at=utc_now(),
            expires_at=None,
        )
        with self.tools.sessions.begin() as session:
            insert_video(session, video)
            return insert_job(session, video, request or JobRequest())

    def analyse(self, path: Path, request: JobRequest | None = None, name: str = "interview.mp4") -> JobId:
        """A job that is over."""
        job_id = self.submit(path.read_bytes(), request, name)
        while self.supervisor.perform_next_step():
            pass
        return job_id

    def ask(self, job_id: JobId, kind: ArtifactKind, language: Language = "en") -> Artifact:
        with self.tools.sessions.begin() as session:
            return ask_artifact(session, self.workspace_id, job_id, kind, language)

    def work_off(self) -> None:
        while errand := self.encoder.find() or self.writer.find():
            errand()

    def make(self, job_id: JobId, kind: ArtifactKind, language: Language = "en") -> Artifact:
        """Ask for an artifact, have it made, and look at it again."""
        self.ask(job_id, kind, language)
        self.work_off()
        return self.find(job_id, kind)

    def find(self, job_id: JobId, kind: ArtifactKind) -> Artifact:
        with self.tools.sessions.begin() as session:
            found = list_artifacts(session, self.workspace_id, job_id)
        return next(artifact for artifact in found if artifact.kind == kind)

    def path(self, job_id: JobId, kind: ArtifactKind) -> Path:
        return self.storage.local_path(artifact_key(job_id, kind))

    def files(self) -> list[str]:
        """Everything that is stored besides recordings."""
        root = self.storage.local_path("")
        found = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
        return sorted(name for name in found if not name.startswith("videos/"))


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="session")
def recording(studio: Studio) -> Path:
    return studio.record(duration_s=6.0, fps=10, width=320, height=180, sound=True)


@pytest.fixture(scope="session")
def pool() -> Iterator[AnalyserPool]:
    pool = AnalyserPool(1, AnalyserLimits())
    pool.start()
    yield pool
    pool.close()


@pytest.fixture
def hints(valkey_url: str) -> Iterator[HintPublisher]:
    publisher = HintPublisher(create_celery(valkey_url))
    yield publisher
    publisher.close()


@pytest.fixture
def workshop(sessions: Sessions, tmp_path: Path, hints: HintPublisher, pool: AnalyserPool) -> Workshop:
    tools = Tools(sessions=sessions, storage=LocalStorage(tmp_path / "storage"), limits=MediaLimits())

    def carrier(*classes: StepClass) -> StepCarrier:
        return StepCarrier(tools, a_bearer(classes=classes, engine="litert"), hints, heartbeat_s=10.0)

    with sessions.begin() as session:
        workspace_id = ensure_workspace(session, "default")
    return Workshop(
        tools=tools,
        supervisor=Supervisor(tools, carrier("cpu"), pool),
        encoder=Encoder(tools=tools, carrier=carrier("encode"), limits=AnalyserLimits(niceness=NICENESS)),
        writer=Writer(tools=tools, carrier=carrier("write")),
        workspace_id=workspace_id,
    )


@pytest.fixture
def job_id(workshop: Workshop, recording: Path) -> JobId:
    return workshop.analyse(recording)
