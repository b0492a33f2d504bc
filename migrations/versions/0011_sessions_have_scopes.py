"""Sessions of browsers carry scopes, and end with the key that opened them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BEFORE = "{jobs:read,jobs:write}"  # what every session had until now


def upgrade() -> None:
    for table in ("login_token", "session"):
        op.add_column(table, sa.Column("scopes", sa.ARRAY(sa.Text()), server_default=BEFORE, nullable=False))
    op.add_column("session", sa.Column("key_id", sa.Uuid(), nullable=True))
    op.add_column("session", sa.Column("key_sha256", sa.LargeBinary(), nullable=True))
    name = "fk_session_key_id_api_key"
    op.create_foreign_key(op.f(name), "session", "api_key", ["key_id"], ["id"], postgresql_not_valid=True)
    with op.get_context().autocommit_block():  # squawk: validating twice does no harm
        op.execute(f"-- squawk-ignore prefer-robust-stmts\nALTER TABLE session VALIDATE CONSTRAINT {name}")


def downgrade() -> None:
    for column in ("key_sha256", "key_id", "scopes"):
        op.drop_column("session", column)
    op.drop_column("login_token", "scopes")
