"""An artifact as clients ask for it and as they see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.domain.artifact import (
    DEFAULT_LANGUAGE,
    SPOKEN_KINDS,
    Artifact,
    ArtifactKind,
    ArtifactState,
    Language,
)
from shared.domain.ids import to_wire
from shared.domain.links import Links

ARTIFACT_EXAMPLE: dict[str, Any] = {
    "job_id": "job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f",
    "kind": "annotated",
    "language": None,
    "state": "running",
    "percent": 42.5,
    "size_bytes": None,
    "media_type": None,
    "sha256": None,
    "error": None,
    "created_at": "2026-11-22T09:05:00Z",
    "links": {
        "self": "https://mien.example/v1/jobs/job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f/artifacts/annotated",
        "job": "https://mien.example/v1/jobs/job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f",
    },
}


class ArtifactIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "annotated"}, {"kind": "report", "language": "ko"}]},
    )

    kind: ArtifactKind = Field(
        description="`annotated`: the recording with boxes and expressions drawn on it, as MP4. "
        "`playable`: the recording as browsers play it and seek in it. "
        "`report`: one HTML file to send or print. `archive`: a ZIP of result, timeline, pictures and report."
    )
    language: Language | None = Field(default=None, description="of `report` and `archive`; English unless named")

    @model_validator(mode="after")
    def _spoken(self) -> Self:
        if self.language is not None and self.kind not in SPOKEN_KINDS:
            raise ValueError(f"language is for {' and '.join(sorted(SPOKEN_KINDS))} only")
        return self

    @property
    def spoken(self) -> Language:
        return self.language or DEFAULT_LANGUAGE


class ArtifactErrorOut(BaseModel):
    code: str
    detail: str


class ArtifactLinks(BaseModel):
    self: str
    job: str


class ArtifactOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [ARTIFACT_EXAMPLE]})

    job_id: str
    kind: ArtifactKind
    language: Language | None
    state: ArtifactState
    percent: float
    size_bytes: int | None
    media_type: str | None
    sha256: str | None
    error: ArtifactErrorOut | None
    created_at: datetime
    links: ArtifactLinks

    @classmethod
    def of(cls, artifact: Artifact, links: Links) -> ArtifactOut:
        job_id, file = to_wire("job", artifact.job_id), artifact.file
        ready = file if artifact.state == "ready" else None
        error = None
        if artifact.state == "failed":
            error = ArtifactErrorOut(code=artifact.error_code or "internal_error", detail=artifact.error_detail or "")
        return cls(
            job_id=job_id,
            kind=artifact.kind,
            language=artifact.language,
            state=artifact.state,
            percent=artifact.percent,
            size_bytes=ready.size_bytes if ready else None,
            media_type=ready.media_type if ready else None,
            sha256=ready.sha256 if ready else None,
            error=error,
            created_at=artifact.created_at,
            links=ArtifactLinks(self=links.artifact(job_id, artifact.kind), job=links.of_job(job_id)["self"]),
        )


class ArtifactList(BaseModel):
    items: list[ArtifactOut]
