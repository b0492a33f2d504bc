"""What lists cost when a million jobs are stored: the pages that Postgres touches, which depend on no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement, Executable

from bench.crowd import store_jobs
from shared.db.ids import new_id
from shared.db.listing import JobFilter, Place, page_query
from shared.db.migrate import migrate
from shared.db.tables import JobRow
from shared.domain.ids import VideoId, WorkspaceId

JOBS = 1_000_000
PAGE = 50
FEW_PAGES = 600  # of 8 kB; the table has more than 60 000
WORKSPACE = WorkspaceId(new_id())

FILTERS = {
    "all": JobFilter(),
    "one state": JobFilter(states=("failed",)),
    "a rare state": JobFilter(states=("running",)),
    "several states": JobFilter(states=("failed", "running")),
    "reference": JobFilter(reference="candidate-4242"),
    "purpose": JobFilter(purpose="coaching"),
    "selective metadata": JobFilter(metadata={"session": "4242"}),
    "common metadata": JobFilter(metadata={"question": "3"}),
    "time": JobFilter(
        created_after=datetime.now(UTC) - timedelta(days=9), created_before=datetime.now(UTC) - timedelta(days=8)
    ),
    "state and time": JobFilter(states=("failed",), created_before=datetime.now(UTC) - timedelta(days=8)),
}


class Explain(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: Any) -> None:
        self.statement = statement


@compiles(Explain)
def _explain(element: Explain, compiler: Any, **options: Any) -> str:
    return "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) " + compiler.process(element.statement, **options)


@pytest.fixture(scope="module")
def crowded(run_sql: Callable[[str], Any], postgres_server: Callable[[str], str]) -> Iterator[Engine]:
    run_sql("CREATE DATABASE crowded")
    migrate(postgres_server("crowded"))
    engine = create_engine(postgres_server("crowded"))
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO workspace (id, name) VALUES (:id, 'mine')"), {"id": WORKSPACE})
    store_jobs(engine, WORKSPACE, JOBS)
    yield engine
    engine.dispose()
    run_sql("DROP DATABASE crowded WITH (FORCE)")


def touched(engine: Engine, wanted: JobFilter, after: Place | None = None, *, oldest_first: bool = False) -> int:
    """Buffers that one page of the list costs."""
    query = page_query(WORKSPACE, wanted, limit=PAGE + 1, after=after, oldest_first=oldest_first)
    with engine.connect() as connection:
        plan = connection.execute(Explain(query)).scalar_one()[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@pytest.mark.parametrize("name", FILTERS)
def test_every_list_of_a_million_jobs_touches_few_pages(crowded: Engine, name: str) -> None:
    assert touched(crowded, FILTERS[name]) < FEW_PAGES
    assert touched(crowded, FILTERS[name], oldest_first=True) < FEW_PAGES


@pytest.mark.parametrize("name", ["all", "one state", "purpose", "common metadata"])
def test_the_last_page_costs_what_the_first_does(crowded: Engine, name: str) -> None:
    wanted = FILTERS[name]
    oldest = select(JobRow.created_at, JobRow.id).where(JobRow.workspace_id == WORKSPACE, *wanted.conditions())
    with crowded.connect() as connection:
        place = Place(*connection.execute(oldest.order_by(JobRow.created_at, JobRow.id).offset(PAGE).limit(1)).one())

    assert touched(crowded, wanted, place) <= 2 * touched(crowded, wanted)


def test_the_jobs_of_a_recording_are_found_by_its_index(crowded: Engine) -> None:
    with crowded.connect() as connection:
        video_id = connection.execute(select(JobRow.video_id).where(JobRow.workspace_id == WORKSPACE).limit(1)).scalar()
    assert video_id is not None

    assert touched(crowded, JobFilter(video_id=VideoId(video_id))) < FEW_PAGES
