"""Recordings, and the work on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.tables.base import Base, one_of
from shared.domain.job import JOB_STATES
from shared.domain.step import STEP_KINDS, STEP_STATES
from shared.domain.upload import UPLOAD_STATES
from shared.domain.video import VIDEO_STATES


class VideoRow(Base):
    __tablename__ = "video"
    __table_args__ = (
        CheckConstraint(one_of("state", VIDEO_STATES), name="state"),
        Index("ix_video_workspace_id_id", "workspace_id", "id"),
        Index("ix_video_stored", "workspace_id", "size_bytes", postgresql_where=text("state <> 'deleted'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    storage_key: Mapped[str] = mapped_column(unique=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    modified_ns: Mapped[int] = mapped_column(BigInteger)
    original_name: Mapped[str]
    state: Mapped[str]
    source_url: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None] = mapped_column(index=True)


class UploadRow(Base):
    """A recording that comes in pieces; one request at a time writes to it."""

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint(one_of("state", UPLOAD_STATES), name="state"),
        Index("ix_upload_unfinished", "expires_at", postgresql_where=text("state = 'receiving'")),
        Index("ix_upload_workspace_id_id", "workspace_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    video_id: Mapped[UUID]
    storage_key: Mapped[str] = mapped_column(unique=True)
    offset_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    length_bytes: Mapped[int | None] = mapped_column(BigInteger)
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    state: Mapped[str]
    lock_token: Mapped[int] = mapped_column(BigInteger, server_default="0")
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class BatchRow(Base):
    """Jobs that were submitted together, and how many of them are not over."""

    __tablename__ = "batch"
    __table_args__ = (Index("ix_batch_workspace_id_id", "workspace_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    webhook_url: Mapped[str | None]
    total: Mapped[int]
    open_jobs: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


class WorkerRow(Base):
    """A worker process as it said of itself, so that operators see who is there."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(primary_key=True)
    classes: Mapped[list[str]]
    engine: Mapped[str]
    analysers: Mapped[int]
    version: Mapped[str]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())


class JobRow(Base):
    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(one_of("state", JOB_STATES), name="state"),
        Index("ix_job_listed", "workspace_id", "created_at", "id"),
        Index("ix_job_listed_by_state", "workspace_id", "state", "created_at", "id"),
        Index("ix_job_listed_by_purpose", "workspace_id", "purpose", "created_at", "id"),
        Index(
            "ix_job_listed_by_reference",
            "workspace_id",
            "reference",
            "created_at",
            "id",
            postgresql_where=text("reference IS NOT NULL"),
        ),
        Index("ix_job_listed_by_video", "video_id", "created_at", "id"),
        Index("ix_job_listed_by_batch", "batch_id", "created_at", "id", postgresql_where=text("batch_id IS NOT NULL")),
        Index("ix_job_metadata", "metadata", postgresql_using="gin", postgresql_ops={"metadata": "jsonb_path_ops"}),
        Index(
            "ix_job_kept",
            "workspace_id",
            "finished_at",
            postgresql_where=text("finished_at IS NOT NULL AND erased_at IS NULL"),
        ),
        Index("ix_job_unfinished", "state", postgresql_where=text("finished_at IS NULL")),
        Index("ix_job_unpurged", "erased_at", postgresql_where=text("erased_at IS NOT NULL AND purged_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    video_id: Mapped[UUID] = mapped_column(ForeignKey("video.id"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"))
    options: Mapped[dict[str, Any]]
    purpose: Mapped[str]
    consent_reference: Mapped[str | None]
    reference: Mapped[str | None]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    priority: Mapped[int] = mapped_column(SmallInteger)
    webhook_url: Mapped[str | None]
    retry_of: Mapped[UUID | None]
    request_id: Mapped[str | None]
    traceparent: Mapped[str | None]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    samples_total: Mapped[int | None]
    plan: Mapped[dict[str, Any] | None]
    engine: Mapped[str | None]
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    purged_at: Mapped[datetime | None]


class StepRow(Base):
    __tablename__ = "step"
    __table_args__ = (
        CheckConstraint(one_of("kind", STEP_KINDS), name="kind"),
        CheckConstraint(one_of("state", STEP_STATES), name="state"),
        Index("ix_step_open", "state", "priority", postgresql_where=text("state IN ('ready', 'leased')")),
    )

    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    device: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str]
    planned: Mapped[dict[str, Any] | None]
    media_s: Mapped[float] = mapped_column(server_default="0")
    samples_done: Mapped[int] = mapped_column(server_default="0")
    lease_token: Mapped[int] = mapped_column(BigInteger, server_default="0")
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    hard_deadline: Mapped[datetime | None]
    not_before: Mapped[datetime] = mapped_column(server_default=func.now())
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    losses: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SegmentResultRow(Base):
    """One row per segment, never a row per frame."""

    __tablename__ = "segment_result"
    __table_args__ = (ForeignKeyConstraint(["job_id"], ["job.id"]),)

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[int] = mapped_column(BigInteger)
    samples: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ResultRow(Base):
    __tablename__ = "result"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), primary_key=True)
    summary: Mapped[dict[str, Any]]
    track_mapping: Mapped[dict[str, Any]]
    primary_track: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
