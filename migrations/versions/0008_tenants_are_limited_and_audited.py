"""Limits and retention of a workspace, rotation and end of a key, who did what, and which workers are there."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WIDENED: dict[str, dict[str, Any]] = {
    "workspace": {
        "max_open_jobs": sa.Integer(),
        "max_jobs_per_day": sa.Integer(),
        "max_stored_bytes": sa.BigInteger(),
        "requests_per_minute": sa.Integer(),
        "video_retention_days": sa.Float(),
        "result_retention_days": sa.Float(),
    },
    "api_key": {
        "previous_sha256": sa.LargeBinary(),
        "previous_until": sa.DateTime(timezone=True),
        "expires_at": sa.DateTime(timezone=True),
    },
}
APPEND_ONLY = """
CREATE FUNCTION keep_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'check_violation';
END
$$
"""
TRIGGER = """
CREATE TRIGGER keep_audit_entry BEFORE UPDATE OR DELETE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION keep_audit_entry()
"""


def upgrade() -> None:
    for table, columns in WIDENED.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    _create_audit_entry()
    _create_worker()


def downgrade() -> None:
    op.drop_table("worker")
    op.drop_table("audit_entry")
    op.execute("DROP FUNCTION keep_audit_entry()")
    for table, columns in WIDENED.items():
        for name in columns:
            op.drop_column(table, name)


def _create_audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_audit_entry_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_workspace_id_id", "audit_entry", ["workspace_id", "id"], unique=False)
    op.execute(APPEND_ONLY)
    op.execute(TRIGGER)


def _create_worker() -> None:
    op.create_table(
        "worker",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("classes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("analysers", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
    )
