"""A job as clients send it and as they see it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from shared.domain.ids import to_wire
from shared.domain.job import Job, JobRequest, JobState, Priority
from shared.domain.links import Links
from shared.domain.options import Options
from shared.domain.purpose import Purpose

MAX_METADATA_CHARS = 4096

Address = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=200)]

JOB_EXAMPLE: dict[str, Any] = {
    "id": "job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f",
    "state": "running",
    "video_id": "vid_0193f2c4a1b27c8d9e0f1a2b3c4d5e6f",
    "video_name": "answer.mp4",
    "reference": "candidate-17",
    "metadata": {"question": "2"},
    "purpose": "practice",
    "consent_reference": None,
    "priority": "normal",
    "options": Options().to_dict(),
    "progress": {"samples_done": 420, "samples_total": 1200, "percent": 35.0, "eta_s": 12.5},
    "created_at": "2026-11-22T09:00:00Z",
    "started_at": "2026-11-22T09:00:01Z",
    "finished_at": None,
    "error": None,
    "retry_of": None,
    "batch_id": None,
    "traceparent": None,
    "links": {
        "self": "https://mien.example/v1/jobs/job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f",
        "result": "https://mien.example/v1/jobs/job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f/result",
        "timeline": "https://mien.example/v1/jobs/job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f/timeline",
        "report": "https://mien.example/jobs/job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f",
    },
}


class JobFields(BaseModel):
    """What may be said about a job besides the recording."""

    model_config = ConfigDict(extra="forbid")

    reference: Reference | None = Field(default=None, description="your id for the candidate or the session")
    metadata: dict[str, str] = Field(default_factory=dict, description="strings of yours, 4 kB in all")
    purpose: Purpose = "practice"
    consent_reference: Reference | None = Field(default=None, description="required for purpose assessment")
    priority: Priority = "normal"
    webhook_url: Address | None = Field(
        default=None, description="told of the end of this job; signed with the workspace's secret"
    )
    options: Options = Field(default_factory=Options)

    @field_validator("metadata")
    @classmethod
    def _bounded(cls, metadata: dict[str, str]) -> dict[str, str]:
        if sum(len(key) + len(value) for key, value in metadata.items()) > MAX_METADATA_CHARS:
            raise ValueError(f"metadata is longer than {MAX_METADATA_CHARS} characters in all")
        if "\0" in "".join([*metadata.keys(), *metadata.values()]):
            raise ValueError("metadata may not contain NUL characters")
        return metadata

    @field_validator("reference", "consent_reference", "webhook_url")
    @classmethod
    def _storable(cls, text: str | None) -> str | None:
        if text and "\0" in text:
            raise ValueError("NUL characters cannot be stored")
        return text

    def to_request(self) -> JobRequest:
        return JobRequest(
            options=self.options,
            purpose=self.purpose,
            consent_reference=self.consent_reference,
            reference=self.reference,
            metadata=self.metadata,
            priority=self.priority,
            webhook_url=self.webhook_url,
        )


class JobIn(JobFields):
    """Exactly one of `video_id`, `upload_id` and `video_url` says which recording."""

    video_id: str | None = Field(default=None, description="a recording stored before")
    upload_id: str | None = Field(default=None, description="a resumable upload that is complete")
    video_url: Address | None = Field(default=None, description="a recording that a worker fetches by HTTP")

    @model_validator(mode="after")
    def _name_one(self) -> Self:
        if [self.video_id, self.upload_id, self.video_url].count(None) != 2:
            raise ValueError("name the recording by one of video_id, upload_id and video_url")
        return self


class ProgressOut(BaseModel):
    samples_done: int
    samples_total: int | None
    percent: float
    eta_s: float | None


class ErrorOut(BaseModel):
    code: str
    detail: str


class JobLinks(BaseModel):
    self: str
    result: str
    timeline: str
    report: str


class JobOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [JOB_EXAMPLE]})

    id: str
    state: JobState
    video_id: str
    video_name: str | None = Field(description="of the recording's file; null when it came without, or was deleted")
    reference: str | None
    metadata: dict[str, str]
    purpose: Purpose
    consent_reference: str | None
    priority: Priority
    options: dict[str, Any]
    progress: ProgressOut
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: ErrorOut | None
    retry_of: str | None
    batch_id: str | None
    traceparent: str | None
    links: JobLinks

    @classmethod
    def of(cls, job: Job, links: Links) -> JobOut:
        job_id = to_wire("job", job.id)
        request, progress = job.request, job.progress
        return cls(
            id=job_id,
            state=job.state,
            video_id=to_wire("vid", job.video_id),
            video_name=job.video_name,
            reference=request.reference,
            metadata=request.metadata,
            purpose=request.purpose,
            consent_reference=request.consent_reference,
            priority=request.priority,
            options=request.options.to_dict(),
            progress=ProgressOut(
                samples_done=progress.samples_done,
                samples_total=progress.samples_total,
                percent=100.0 if job.state == "succeeded" else progress.percent,
                eta_s=progress.eta_s,
            ),
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            error=ErrorOut(code=job.error_code, detail=job.error_detail or "") if job.error_code else None,
            retry_of=to_wire("job", job.retry_of) if job.retry_of else None,
            batch_id=to_wire("bat", job.batch_id) if job.batch_id else None,
            traceparent=job.origin.traceparent,
            links=JobLinks(**links.of_job(job_id)),
        )


class JobPage(BaseModel):
    items: list[JobOut]
    next_cursor: str | None = Field(description="pass it as `cursor` for the next page; null on the last one")
