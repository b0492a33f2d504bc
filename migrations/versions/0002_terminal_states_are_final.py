"""A job that is over stays as it ended; only its erasure is still possible."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GUARD = """
CREATE FUNCTION keep_terminal_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('succeeded', 'failed', 'canceled', 'erased')
       AND NEW.state IS DISTINCT FROM OLD.state AND NEW.state <> 'erased' THEN
        RAISE EXCEPTION 'job % is % and cannot become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$
"""
TRIGGER = """
CREATE TRIGGER keep_terminal_state BEFORE UPDATE OF state ON job
FOR EACH ROW EXECUTE FUNCTION keep_terminal_state()
"""


def upgrade() -> None:
    op.execute(GUARD)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_terminal_state ON job")
    op.execute("DROP FUNCTION keep_terminal_state()")
