from __future__ import annotations

from alembic import command
from sqlalchemy import create_engine, inspect

from shared.db.migrate import alembic_config, migrate
from shared.db.tables import Base


def tables(database_url: str) -> set[str]:
    engine = create_engine(database_url)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def test_migrations_build_exactly_what_the_mappings_say(empty_database_url: str) -> None:
    migrate(empty_database_url)

    command.check(alembic_config(empty_database_url))
    assert tables(empty_database_url) == {*Base.metadata.tables, "alembic_version"}


def test_migrating_twice_changes_nothing(empty_database_url: str) -> None:
    migrate(empty_database_url)
    migrate(empty_database_url)

    command.check(alembic_config(empty_database_url))


def test_every_migration_can_be_taken_back_and_applied_again(empty_database_url: str) -> None:
    migrate(empty_database_url)
    command.downgrade(alembic_config(empty_database_url), "base")
    assert tables(empty_database_url) == {"alembic_version"}

    migrate(empty_database_url)
    command.check(alembic_config(empty_database_url))
