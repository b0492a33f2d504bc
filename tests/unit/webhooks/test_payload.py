from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.domain.delivery import Event
from shared.domain.ids import EventId, JobId, VideoId, WorkspaceId
from shared.domain.job import Job, JobRequest, Progress
from shared.domain.links import Links
from shared.domain.purpose import Purpose
from shared.webhooks.payload import PayloadPolicy, body_of

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
WORKSPACE = WorkspaceId(UUID(int=1))
JOB = Job(
    id=JobId(UUID(int=2)),
    workspace_id=WORKSPACE,
    video_id=VideoId(UUID(int=3)),
    request=JobRequest(reference="candidate-17", metadata={"question": "2"}),
    state="succeeded",
    version=5,
    progress=Progress(samples_done=12, samples_total=12, eta_s=None),
    created_at=AT,
    started_at=AT,
    finished_at=AT,
    error_code=None,
    error_detail=None,
    engine="litert",
    plan=None,
)
SUMMARY: dict[str, Any] = {
    "score": {"policy": "standard-1", "value": 99.8, "reason": None},
    "coverage": {"ratio": 0.98},
    "warnings": [],
    "emotions": {"happy": 0.9},
    "moments": [],
}
EVENT = Event(
    id=EventId(UUID(int=4)), workspace_id=WORKSPACE, type="job.succeeded", job_id=JOB.id, data=None, created_at=AT
)
POLICY = PayloadPolicy(links=Links("https://mien.example"))


def data_of(job: Job, policy: PayloadPolicy = POLICY) -> dict[str, Any]:
    message = json.loads(body_of(EVENT, job, SUMMARY, policy))
    assert (message["type"], message["timestamp"]) == ("job.succeeded", AT.isoformat())
    return dict(message["data"])


def job_for(purpose: Purpose) -> Job:
    return replace(JOB, request=replace(JOB.request, purpose=purpose))


def test_a_payload_is_thin() -> None:
    data = data_of(JOB)

    assert data["job_id"] == "job_00000000000000000000000000000002"
    assert (data["reference"], data["metadata"]) == ("candidate-17", {"question": "2"})
    assert data["links"]["result"] == f"https://mien.example/v1/jobs/{data['job_id']}/result"
    assert not {"emotions", "moments", "tracks", "timeline"} & data.keys()


def test_the_same_event_has_the_same_bytes_whenever_it_is_sent() -> None:
    assert body_of(EVENT, JOB, SUMMARY, POLICY) == body_of(EVENT, JOB, dict(reversed(SUMMARY.items())), POLICY)


@pytest.mark.parametrize("purpose", ["practice", "coaching", "research"])
def test_practice_coaching_and_research_are_told_the_score(purpose: Purpose) -> None:
    assert data_of(job_for(purpose))["score"]["value"] == 99.8


def test_an_assessment_is_told_its_quality_and_its_score_only_if_the_operator_agrees() -> None:
    data = data_of(job_for("assessment"))
    assert data["coverage"] == {"ratio": 0.98}
    assert "score" not in data

    agreed = PayloadPolicy(links=POLICY.links, assessment_scores=True)
    assert data_of(job_for("assessment"), agreed)["score"]["value"] == 99.8


def test_of_an_erased_job_only_its_id_is_told() -> None:
    assert data_of(replace(JOB, state="erased")) == {"job_id": "job_00000000000000000000000000000002"}


def test_a_failed_job_says_why() -> None:
    failed = replace(JOB, state="failed", error_code="no_video", error_detail="only sound")
    assert json.loads(body_of(EVENT, failed, None, POLICY))["data"]["error"] == {
        "code": "no_video",
        "detail": "only sound",
    }
