"""Erased jobs: when it was asked for, and when a sweep has seen that no file is left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("job", sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True))
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_job_unpurged",
            "job",
            ["erased_at"],
            unique=False,
            postgresql_where=sa.text("erased_at IS NOT NULL AND purged_at IS NULL"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_job_unpurged", table_name="job")
    op.drop_column("job", "purged_at")
    op.drop_column("job", "erased_at")
