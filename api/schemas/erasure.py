"""Receipts of erasures: what was erased, and when. They name ids and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.db.erasure import Erasure
from shared.domain.ids import VideoId, to_wire

JOB_ID = "job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f"
VIDEO_ID = "vid_0193f2c4a1b27c8d9e0f1a2b3c4d5e6f"
ERASED_AT = "2026-11-22T10:00:00Z"


def _example(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [{**example, "erased_at": ERASED_AT}]})


class ErasureOut(BaseModel):
    """The receipt of a job's erasure."""

    model_config = _example({"job_id": JOB_ID, "video_id": VIDEO_ID})

    job_id: str
    video_id: str | None = Field(description="null: another job still needs the recording")
    erased_at: datetime

    @classmethod
    def of(cls, erasure: Erasure) -> ErasureOut:
        return cls(
            job_id=to_wire("job", erasure.job_id),
            video_id=to_wire("vid", erasure.video_id) if erasure.video_id else None,
            erased_at=erasure.erased_at,
        )


class SubjectErasureOut(BaseModel):
    """The receipt of an erasure of everything under one reference."""

    model_config = _example({"jobs": [JOB_ID], "videos": [VIDEO_ID]})

    jobs: list[str] = Field(description="erased now; empty when there was nothing left")
    videos: list[str] = Field(description="recordings that no other job needs")
    erased_at: datetime

    @classmethod
    def of(cls, erasures: list[Erasure], at: datetime) -> SubjectErasureOut:
        return cls(
            jobs=[to_wire("job", erasure.job_id) for erasure in erasures],
            videos=sorted({to_wire("vid", erasure.video_id) for erasure in erasures if erasure.video_id}),
            erased_at=at,
        )


class VideoErasureOut(BaseModel):
    """The receipt of a recording's erasure."""

    model_config = _example({"video_id": VIDEO_ID})

    video_id: str
    erased_at: datetime

    @classmethod
    def of(cls, video_id: VideoId, at: datetime) -> VideoErasureOut:
        return cls(video_id=to_wire("vid", video_id), erased_at=at)
