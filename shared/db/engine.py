"""Connections to Postgres that give up in bounded time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from shared.domain.errors import Unavailable

CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_MS = 8000  # below the ten seconds after which a request counts as hung
TCP_TIMEOUT_MS = 8000
OPTIONS = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC"

Sessions = sessionmaker[Session]


def create_db_engine(database_url: str, *, pool_size: int = 10) -> Engine:
    return create_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=CONNECT_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "tcp_user_timeout": TCP_TIMEOUT_MS,
            "application_name": "mien",
            "options": OPTIONS,
        },
    )


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
