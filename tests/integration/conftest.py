"""Sessions on a database of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.db.engine import Sessions, create_db_engine, create_sessions


@pytest.fixture
def sessions(database_url: str) -> Iterator[Sessions]:
    engine = create_db_engine(database_url)
    yield create_sessions(engine)
    engine.dispose()
