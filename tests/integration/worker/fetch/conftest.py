"""Fetchers on a database and a storage of the test's own, and recordings that wait to be fetched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

from shared.db.claims import Bearer
from shared.db.engine import Sessions
from shared.db.ids import new_id
from shared.db.jobs import get_jobs, insert_job
from shared.db.tables import StepRow
from shared.db.videos import insert_video, video_of_job
from shared.db.workspaces import ensure_workspace
from shared.domain.clock import utc_now
from shared.domain.ids import JobId, VideoId
from shared.domain.job import Job, JobRequest
from shared.domain.limits import MediaLimits
from shared.domain.video import Video
from shared.outbound.addresses import parse_networks
from shared.outbound.client import OutboundClient
from shared.queue import HintPublisher
from shared.storage.local import LocalStorage
from shared.storage.port import video_key
from worker.carrier import StepCarrier
from worker.download import Pace
from worker.fetch import Fetcher
from worker.recording import Tools

AT_ONCE = Pace(beat_s=0.01, pauses_s=(0.0,) * 5)
LIMIT_BYTES = 10_000_000

Submit = Callable[[str], JobId]
JoinIn = Callable[[JobId], JobId]


@pytest.fixture
def tools(sessions: Sessions, storage: LocalStorage) -> Tools:
    return Tools(sessions=sessions, storage=storage, limits=MediaLimits(size_bytes=LIMIT_BYTES))


@pytest.fixture(scope="module")
def client() -> OutboundClient:
    return OutboundClient(parse_networks(["127.0.0.1/32"]))


@pytest.fixture
def carrier(tools: Tools, hints: HintPublisher) -> StepCarrier:
    return StepCarrier(tools, a_fetching_bearer(), hints, heartbeat_s=10.0)


@pytest.fixture
def fetcher(tools: Tools, carrier: StepCarrier, client: OutboundClient) -> Fetcher:
    return Fetcher(tools=tools, carrier=carrier, client=client, pace=AT_ONCE)


@pytest.fixture
def submit(sessions: Sessions) -> Submit:
    """Queues a job for a recording of which only the address is known."""

    def submit(url: str) -> JobId:
        video_id = VideoId(new_id())
        with sessions.begin() as session:
            video = Video(
                id=video_id,
                workspace_id=ensure_workspace(session, "default"),
                storage_key=video_key(video_id),
                size_bytes=0,
                sha256="",
                modified_ns=0,
                original_name="interview.mp4",
                state="fetching",
                created_at=utc_now(),
                expires_at=None,
                source_url=url,
            )
            insert_video(session, video)
            return insert_job(session, video, JobRequest())

    return submit


@pytest.fixture
def join_in(sessions: Sessions) -> JoinIn:
    """Queues another job for the recording of a first one."""

    def join_in(job_id: JobId) -> JobId:
        with sessions.begin() as session:
            return insert_job(session, video_of_job(session, job_id), JobRequest())

    return join_in


def a_fetching_bearer(lease_s: float = 45.0) -> Bearer:
    return Bearer(name="w", classes=("io",), engine="litert", lease_s=lease_s)


def fetch_due(fetcher: Fetcher) -> int:
    """Everything that is due now, one after the other."""
    fetched = 0
    while errand := fetcher.find():
        errand()
        fetched += 1
    return fetched


def job_now(sessions: Sessions, job_id: JobId) -> Job:
    with sessions.begin() as session:
        return get_jobs(session, [job_id])[0]


def video_now(sessions: Sessions, job_id: JobId) -> Video:
    with sessions.begin() as session:
        return video_of_job(session, job_id)


def step_now(sessions: Sessions, job_id: JobId, kind: str = "fetch") -> StepRow | None:
    with sessions.begin() as session:
        return session.scalar(select(StepRow).where(StepRow.job_id == job_id, StepRow.kind == kind))


def how_it_failed(sessions: Sessions, job_id: JobId) -> tuple[str | None, str | None]:
    job = job_now(sessions, job_id)
    assert job.state == "failed"
    return job.error_code, job.error_detail


def run_sql(sessions: Sessions, statement: str) -> None:
    with sessions.begin() as session:
        session.execute(text(statement))


def files_in(storage: LocalStorage) -> list[Path]:
    return [path for path in storage.local_path("videos").rglob("*") if path.is_file()]


def content_of(storage: LocalStorage, video: Video) -> bytes | None:
    return storage.get(video.storage_key)
