"""Runs the migrations, one process at a time, against the URL that the caller hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, text

from shared.db.tables import Base

MIGRATION_LOCK = 0x6D69656E  # "mien": others that migrate at the same moment wait here
LOCK_TIMEOUT = "10s"  # a migration that cannot have its table soon gives up rather than hold up everyone


def run_offline() -> None:
    context.configure(dialect_name="postgresql", target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_online(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
        context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


if context.is_offline_mode():
    run_offline()
else:
    run_online(context.config.attributes["database_url"])
