"""Connections to Postgres that give up in bounded time, also when it takes what is sent and never answers."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import extensions
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from shared.domain.errors import Unavailable

CONNECT_S = 4.0
PING_S = 2.0  # whether a connection of the pool still lives; with the connect after it, below a statement's time
STATEMENT_TIMEOUT_MS = 8000  # below the ten seconds after which a request counts as hung
ANSWER_S = 9.0  # a server that ended no statement by then is taken for gone
POOL_S = 5.0
IDLE_TIMEOUT_MS = 15000  # of a transaction whose process froze or was cut off: it holds locks that others wait for
OPTIONS = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={STATEMENT_TIMEOUT_MS} "
    f"-c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS} -c timezone=UTC"
)

Sessions = sessionmaker[Session]


class _Impatient(extensions.connection):  # type: ignore[misc]
    """Waits no longer than `patience_s` for each answer; then it closes."""

    patience_s: float = CONNECT_S


def create_db_engine(database_url: str, *, pool_size: int = 10) -> Engine:
    extensions.set_wait_callback(_wait_for_answer)
    engine = create_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_S,
        pool_pre_ping=True,
        connect_args={
            "connection_factory": _Impatient,
            "application_name": "mien",
            "options": OPTIONS,
        },
    )
    event.listen(engine, "connect", _expect_statements)
    event.listen(engine, "checkout", _expect_statements)
    event.listen(engine, "checkin", _expect_a_ping)
    return engine


def create_sessions(engine: Engine) -> Sessions:
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(sessions: Sessions) -> Iterator[Session]:
    """One short transaction, committed at the end. Raises Unavailable when Postgres does not answer."""
    try:
        with sessions.begin() as session:
            yield session
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable("the database does not answer; try again in a moment") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("the connection to the database was cut; try again in a moment") from error
        raise


def _expect_statements(connection: _Impatient, *_: object) -> None:
    connection.patience_s = ANSWER_S


def _expect_a_ping(connection: _Impatient | None, *_: object) -> None:
    if connection is not None:  # it was not thrown away
        connection.patience_s = PING_S


def _wait_for_answer(connection: Any) -> None:
    """Called by psycopg2 whenever it waits for the server, on every connection of this process.

    Timeouts of the kernel do not see a server that is frozen, or behind a proxy that is
    cut off: the bytes are acknowledged, and nothing comes back.
    """
    patience_s = connection.patience_s if isinstance(connection, _Impatient) else None
    end_s = None if patience_s is None else time.monotonic() + patience_s
    while (state := connection.poll()) != extensions.POLL_OK:
        watched = select.poll()  # unlike select.select, it bears file numbers above 1023
        watched.register(connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
        left_ms = None if end_s is None else max(end_s - time.monotonic(), 0) * 1000
        if not watched.poll(left_ms):
            raise psycopg2.OperationalError(f"the server did not answer within {patience_s:g} s")
