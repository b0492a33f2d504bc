"""Fixtures that more than one kind of test uses: real Postgres and Valkey, and a fresh database per test."""

from __future__ import annotations

import faulthandler
from collections.abc import Callable, Generator, Iterator
from typing import Any
from uuid import uuid4

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key

from cli.stack.stack import EmbeddedStack, ServiceUrls

TEMPLATE = "mien_template"
IN_A_HURRY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Test databases need not survive a power cut."""
PUT_AWAY_S = 300.0


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """What made a test hang may hang again while it is put away: say where every thread is, and end the run."""
    stderr = item.config.stash[fault_handler_stderr_fd_key]
    faulthandler.dump_traceback_later(PUT_AWAY_S, exit=True, file=stderr)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUrls]:
    """Postgres and Valkey of this test process; with xdist each worker has its own."""
    with EmbeddedStack(tmp_path_factory.mktemp("stack"), postgres_settings=IN_A_HURRY) as stack:
        yield stack.start_services()


@pytest.fixture(scope="session")
def postgres_server(services: ServiceUrls) -> Callable[[str], str]:
    """Gives the URL of a database on the test server: `postgres_server("postgres")`."""
    from sqlalchemy import make_url

    base = make_url(services.database_url)
    return lambda database: base.set(database=database).render_as_string(hide_password=False)


@pytest.fixture
def valkey_url(services: ServiceUrls) -> str:
    """An empty broker. It is shared by all tests of this process, one after the other."""
    from redis import Redis

    with Redis(unix_socket_path=services.broker_url.removeprefix("redis+socket://")) as broker:
        broker.flushall()
    return services.broker_url


@pytest.fixture(scope="session")
def run_sql(postgres_server: Callable[[str], str]) -> Iterator[Callable[[str], Any]]:
    """Runs one statement outside of any transaction, as CREATE DATABASE wants it."""
    from sqlalchemy import create_engine, text

    engine = create_engine(postgres_server("postgres"), isolation_level="AUTOCOMMIT")

    def run(statement: str) -> Any:
        with engine.connect() as connection:
            return connection.execute(text(statement))

    yield run
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_template(postgres_server: Callable[[str], str], run_sql: Callable[[str], Any]) -> str:
    """Name of a database that the migrations built, from which `database_url` is copied."""
    from shared.db.migrate import migrate

    run_sql(f"CREATE DATABASE {TEMPLATE}")
    migrate(postgres_server(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def make_database(
    postgres_server: Callable[[str], str], run_sql: Callable[[str], Any]
) -> Iterator[Callable[[str], str]]:
    """Copies a template database and gives the copy's URL; the copy goes when the test ends."""
    names: list[str] = []

    def make(template: str) -> str:
        names.append(f"test_{uuid4().hex[:12]}")
        run_sql(f"CREATE DATABASE {names[-1]} TEMPLATE {template}")
        return postgres_server(names[-1])

    yield make
    for name in names:
        run_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database_url(make_database: Callable[[str], str]) -> str:
    """A database without any table, for tests of the migrations themselves."""
    return make_database("template1")


@pytest.fixture
def database_url(make_database: Callable[[str], str], migrated_template: str) -> str:
    """A database of this test alone, with the newest schema and no rows."""
    return make_database(migrated_template)
