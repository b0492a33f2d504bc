"""What is made of finished jobs on demand."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.tables.base import Base, one_of
from shared.domain.artifact import ARTIFACT_KINDS, LANGUAGES


class ArtifactRow(Base):
    """One that was asked for. Its state is that of the step that makes it, which has the same job and kind."""

    __tablename__ = "artifact"
    __table_args__ = (
        CheckConstraint(one_of("kind", ARTIFACT_KINDS), name="kind"),
        CheckConstraint(one_of("language", LANGUAGES), name="language"),
        Index(
            "ix_artifact_of_recording",
            "job_id",
            postgresql_where=text("kind IN ('annotated', 'playable') AND sha256 IS NOT NULL"),
        ),
    )

    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    language: Mapped[str | None]
    media_type: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
