"""Makes the things that tests need, with only what matters to the test said aloud."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from api.schemas.result import RESULT_EXAMPLE
from shared.db.claims import Bearer, claim_step
from shared.db.engine import Sessions
from shared.db.ids import new_id
from shared.db.jobs import get_jobs, insert_job
from shared.db.results import Result, commit_finish, commit_plan, commit_segment
from shared.db.videos import insert_video
from shared.db.workspaces import ensure_workspace
from shared.domain.emotions import EMOTIONS
from shared.domain.ids import JobId, VideoId
from shared.domain.job import JobRequest, Priority
from shared.domain.options import Device, Options
from shared.domain.plan import Plan, Segment, VideoFacts
from shared.domain.samples import Box, Face, Sample
from shared.domain.step import Claim, StepClass
from shared.domain.video import Video
from shared.storage.port import video_key

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def a_video(session: Session, workspace: str = "default", *, size_bytes: int = 1000) -> Video:
    video_id = VideoId(new_id())
    now = datetime.now(UTC)
    video = Video(
        id=video_id,
        workspace_id=ensure_workspace(session, workspace),
        storage_key=video_key(video_id),
        size_bytes=size_bytes,
        sha256=SHA256,
        modified_ns=1,
        original_name="interview.mp4",
        state="stored",
        created_at=now,
        expires_at=now + timedelta(days=30),
    )
    insert_video(session, video)
    return video


def a_job(
    session: Session, workspace: str = "default", *, priority: Priority = "normal", device: Device = "auto"
) -> JobId:
    request = JobRequest(priority=priority, options=Options(device=device))
    return insert_job(session, a_video(session, workspace), request)


def a_bearer(
    name: str = "worker-1",
    *,
    classes: tuple[StepClass, ...] = ("cpu",),
    engine: str = "tensorflow",
    lease_s: float = 45.0,
) -> Bearer:
    return Bearer(name=name, classes=classes, engine=engine, lease_s=lease_s)


def a_plan(segments: int = 2, *, samples_each: int = 3, interval_s: float = 0.5) -> Plan:
    """Segments of equal length over a 90 kHz time base."""
    step = int(interval_s * 90000)
    return Plan(
        facts=VideoFacts(
            duration_s=segments * samples_each * interval_s,
            width=640,
            height=360,
            fps=30.0,
            rotation=0,
            codec="h264",
            sha256=SHA256,
        ),
        interval_s=interval_s,
        time_base=Fraction(1, 90000),
        start_pts=0,
        samples_total=segments * samples_each,
        segments=tuple(_a_segment(index, samples_each, step, index == segments - 1) for index in range(segments)),
    )


def _a_segment(index: int, samples: int, step: int, is_last: bool) -> Segment:
    first = index * samples
    return Segment(
        index=index,
        seek_pts=first * step,
        start_pts=first * step,
        end_pts=None if is_last else (first + samples) * step,
        first_sample=first,
        frame_pts=tuple((first + k) * step for k in range(samples)),
    )


def probabilities(emotion: str, strength: float = 0.75) -> tuple[float, ...]:
    """One emotion stands out; the values are exact in float32."""
    rest = (1 - strength) / 8
    return tuple(strength if label == emotion else rest for label in EMOTIONS)


def a_face(emotion: str = "neutral", *, track: int = 0, x: int = 10) -> Face:
    box = Box(x=x, y=20, width=100, height=100)
    return Face(track=track, box=box, probabilities=probabilities(emotion), brightness=136, sharpness=118)


def samples_of(segment: Segment, emotions: Sequence[str | None], interval_s: float = 0.5) -> list[Sample]:
    """One sample per emotion; None is a sample without a face."""
    return [
        Sample(
            number=segment.first_sample + k,
            t_s=(segment.first_sample + k) * interval_s,
            status="face" if emotion else "no_face",
            faces=(a_face(emotion),) if emotion else (),
        )
        for k, emotion in enumerate(emotions)
    ]


PLAN = a_plan(segments=2)
SEEN = (["happy", "happy", None], ["fear", "fear", "fear"])
SUMMARY: dict[str, Any] = {
    **{name: value for name, value in RESULT_EXAMPLE.items() if name not in ("job_id", "state")},
    "moments": [{"start_s": 1.5, "end_s": 3.0, "emotion": "fear", "confidence": 0.75}],
}


def claim(sessions: Sessions) -> Claim:
    with sessions.begin() as session:
        taken = claim_step(session, a_bearer())
    assert taken is not None
    return taken


def job_up_to(sessions: Sessions, state: str, workspace: str = "default") -> JobId:
    """A job that is carried out step by step until it has that state."""
    with sessions.begin() as session:
        job_id = a_job(session, workspace)
    while _state_of(sessions, job_id) != state:
        carry_out(sessions, claim(sessions))
    return job_id


def carry_out(sessions: Sessions, taken: Claim) -> None:
    """As a worker would, with what PLAN and SEEN say."""
    with sessions.begin() as session:
        if taken.key.kind == "plan":
            commit_plan(session, taken, PLAN)
        elif taken.key.kind == "segment":
            index = taken.key.index
            commit_segment(session, taken, samples_of(PLAN.segments[index], SEEN[index]))
        else:
            commit_finish(session, taken, a_result(taken.key.job_id), [])


def a_result(job_id: JobId) -> Result:
    return Result(job_id=job_id, summary=SUMMARY, track_mapping={"0": {"0": 0}, "1": {"0": 0}}, primary_track=0)


def _state_of(sessions: Sessions, job_id: JobId) -> str:
    with sessions.begin() as session:
        return get_jobs(session, [job_id])[0].state
