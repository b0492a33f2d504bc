"""A worker may fetch a recording: one more kind of step, one more state of a video."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BEFORE = {"step_kind": "'plan', 'segment', 'finish', 'thumbnails'", "video_state": "'stored', 'deleted'"}
AFTER = {
    name: f"{first}, {words}" for (name, words), first in zip(BEFORE.items(), ("'fetch'", "'fetching'"), strict=True)
}


def upgrade() -> None:
    op.add_column("video", sa.Column("source_url", sa.Text(), nullable=True))
    _permit(AFTER)


def downgrade() -> None:
    op.drop_column("video", "source_url")
    _permit(BEFORE)


def _permit(words: Mapping[str, str]) -> None:
    """Other words for a column. Rows are checked after the commit, so that nobody waits meanwhile."""
    for name, values in words.items():
        table, column = name.split("_")
        # squawk: the constraint is replaced at once by one that differs in its words only
        op.execute(f"-- squawk-ignore ban-drop-constraint\nALTER TABLE {table} DROP CONSTRAINT ck_{name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{name} CHECK ({column} IN ({values})) NOT VALID")
    with op.get_context().autocommit_block():
        for name in words:
            op.execute(f"ALTER TABLE {name.split('_')[0]} VALIDATE CONSTRAINT ck_{name}")
