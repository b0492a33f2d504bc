"""Batches of jobs with one event at their end, and an index for each way in which jobs are listed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES: tuple[tuple[str, str, list[str], dict[str, Any]], ...] = (
    ("ix_job_listed", "job", ["workspace_id", "created_at", "id"], {}),
    ("ix_job_listed_by_state", "job", ["workspace_id", "state", "created_at", "id"], {}),
    ("ix_job_listed_by_purpose", "job", ["workspace_id", "purpose", "created_at", "id"], {}),
    (
        "ix_job_listed_by_reference",
        "job",
        ["workspace_id", "reference", "created_at", "id"],
        {"postgresql_where": "reference IS NOT NULL"},
    ),
    ("ix_job_listed_by_video", "job", ["video_id", "created_at", "id"], {}),
    (
        "ix_job_listed_by_batch",
        "job",
        ["batch_id", "created_at", "id"],
        {"postgresql_where": "batch_id IS NOT NULL"},
    ),
    (
        "ix_job_metadata",
        "job",
        ["metadata"],
        {"postgresql_using": "gin", "postgresql_ops": {"metadata": "jsonb_path_ops"}},
    ),
    (
        "ix_job_kept",
        "job",
        ["workspace_id", "finished_at"],
        {"postgresql_where": "finished_at IS NOT NULL AND erased_at IS NULL"},
    ),
    ("ix_video_workspace_id_id", "video", ["workspace_id", "id"], {}),
    ("ix_video_stored", "video", ["workspace_id", "size_bytes"], {"postgresql_where": "state <> 'deleted'"}),
    ("ix_upload_workspace_id_id", "upload", ["workspace_id", "id"], {}),
)
REPLACED = (("ix_job_workspace_id_id", ["workspace_id", "id"]), ("ix_job_video_id", ["video_id"]))


def upgrade() -> None:
    _create_batch()
    _refer_to_batches("job")
    _refer_to_batches("event")
    with op.get_context().autocommit_block():
        _create_index("uq_event_batch_id_type", "event", ["batch_id", "type"], unique=True)
        for name, table, columns, how in INDEXES:
            _create_index(name, table, columns, **how)
        for name, _ in REPLACED:
            op.drop_index(name, table_name="job", postgresql_concurrently=True, if_exists=True)
        for table in ("job", "event"):  # squawk: validating twice does no harm
            ignored = "-- squawk-ignore prefer-robust-stmts\n"
            op.execute(f"{ignored}ALTER TABLE {table} VALIDATE CONSTRAINT fk_{table}_batch_id_batch")


def downgrade() -> None:
    for name, columns in REPLACED:
        op.create_index(name, "job", columns)
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table_name=table)
    of_batches = "SELECT id FROM event WHERE batch_id IS NOT NULL"
    sent = f"SELECT id FROM delivery WHERE event_id IN ({of_batches})"  # noqa: S608, nothing from outside
    op.execute(f"DELETE FROM attempt WHERE delivery_id IN ({sent})")  # noqa: S608
    op.execute(f"DELETE FROM delivery WHERE event_id IN ({of_batches})")  # noqa: S608
    op.execute("DELETE FROM event WHERE batch_id IS NOT NULL")
    for table in ("event", "job"):
        op.drop_column(table, "batch_id")
    op.drop_table("batch")


def _create_batch() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_url", sa.Text(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("open_jobs", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_batch_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_index("ix_batch_workspace_id_id", "batch", ["workspace_id", "id"], unique=False)


def _refer_to_batches(table: str) -> None:
    """Rows are checked after the commit, so that nobody waits meanwhile."""
    op.add_column(table, sa.Column("batch_id", sa.Uuid(), nullable=True))
    name = f"fk_{table}_batch_id_batch"
    op.create_foreign_key(op.f(name), table, "batch", ["batch_id"], ["id"], postgresql_not_valid=True)


def _create_index(name: str, table: str, columns: list[str], *, unique: bool = False, **how: Any) -> None:
    if "postgresql_where" in how:
        how["postgresql_where"] = sa.text(how["postgresql_where"])
    op.create_index(name, table, columns, unique=unique, postgresql_concurrently=True, if_not_exists=True, **how)
