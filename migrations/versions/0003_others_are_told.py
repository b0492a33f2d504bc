"""Webhooks: endpoints, deliveries and their attempts, and limits of a workspace."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _widen_workspace()
    _widen_job()
    _widen_event()
    _create_webhook_endpoint()
    _create_delivery()
    _create_attempt()


def downgrade() -> None:
    for table in ("attempt", "delivery", "webhook_endpoint"):
        op.drop_table(table)
    op.execute("DELETE FROM event WHERE job_id IS NULL")
    op.alter_column("event", "job_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_column("event", "data")
    for table, columns in WIDENED.items():
        for column in columns:
            op.drop_column(table, column)


WIDENED = {
    "workspace": (
        "max_running_segments",
        "webhook_secret",
        "previous_webhook_secret",
        "previous_webhook_secret_until",
    ),
    "job": ("webhook_url", "retry_of", "request_id", "traceparent"),
}


def _widen_workspace() -> None:
    op.add_column("workspace", sa.Column("max_running_segments", sa.Integer(), nullable=True))
    op.add_column("workspace", sa.Column("webhook_secret", sa.Text(), nullable=True))
    op.add_column("workspace", sa.Column("previous_webhook_secret", sa.Text(), nullable=True))
    op.add_column("workspace", sa.Column("previous_webhook_secret_until", sa.DateTime(timezone=True), nullable=True))


def _widen_job() -> None:
    op.add_column("job", sa.Column("webhook_url", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("retry_of", sa.Uuid(), nullable=True))
    op.add_column("job", sa.Column("request_id", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("traceparent", sa.Text(), nullable=True))


def _widen_event() -> None:
    op.add_column("event", sa.Column("data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True))
    # squawk: nobody but this code reads events, and it bears those without a job
    op.execute("-- squawk-ignore ban-drop-not-null\nALTER TABLE event ALTER COLUMN job_id DROP NOT NULL")


def _create_webhook_endpoint() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("event_types", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('active', 'disabled', 'deleted')", name=op.f("ck_webhook_endpoint_state")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_webhook_endpoint_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_index(op.f("ix_webhook_endpoint_workspace_id"), "webhook_endpoint", ["workspace_id"], unique=False)


def _create_delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("losses", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("round_began", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('ready', 'leased', 'delivered', 'dead', 'canceled')", name=op.f("ck_delivery_state")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoint.id"], name=op.f("fk_delivery_endpoint_id_webhook_endpoint")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_delivery_event_id_event")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_delivery_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_open",
        "delivery",
        ["not_before"],
        unique=False,
        postgresql_where=sa.text("state IN ('ready', 'leased')"),
    )
    op.create_index("ix_delivery_workspace_id_id", "delivery", ["workspace_id", "id"], unique=False)
    op.create_index("uq_delivery_event_id_endpoint_id", "delivery", ["event_id", "endpoint_id"], unique=True)


def _create_attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("latency_s", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_attempt_delivery_id_delivery")),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_attempt")),
    )
