"""What is really there: every row by plain SQL, every stored file by its path."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, create_engine, text

Row = Mapping[str, Any]
ByJob = Mapping[UUID, Sequence[Row]]

TABLES = {
    "job": "SELECT * FROM job",
    "step": "SELECT * FROM step ORDER BY job_id, kind, index",
    "segment_result": "SELECT * FROM segment_result ORDER BY job_id, index",
    "result": "SELECT * FROM result",
    "event": "SELECT * FROM event",
    "delivery": "SELECT * FROM delivery",
    "video": "SELECT * FROM video",
    "idempotency_key": "SELECT * FROM idempotency_key",
}

ENDS = ("succeeded", "failed", "canceled")
OVER = (*ENDS, "erased")
ADORNING = ("thumbnails",)
"""Kinds of steps that no job waits for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One moment of the database, and the files."""

    rows: Mapping[str, Sequence[Row]]
    of_job: Mapping[str, ByJob]
    """The rows of each table that names jobs, by job."""
    files: Mapping[str, int] | None
    """Size by path below the storage directory; None when nobody looked."""

    @property
    def jobs(self) -> dict[UUID, Row]:
        return {job["id"]: job for job in self.rows["job"]}

    def steps(self, job_id: UUID, kind: str) -> list[Row]:
        return [step for step in self.of_job["step"].get(job_id, ()) if step["kind"] == kind]

    def steps_waited_for(self, job_id: UUID) -> list[Row]:
        return [step for step in self.of_job["step"].get(job_id, ()) if step["kind"] not in ADORNING]


def look(database_url: str, storage_dir: Path | None) -> Found:
    """Read everything; the rows in one snapshot."""
    engine = create_engine(database_url, isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            rows = {table: _rows(connection, query) for table, query in TABLES.items()}
    finally:
        engine.dispose()
    of_job = {table: _by_job(rows[table]) for table in ("step", "segment_result", "result", "event")}
    return Found(rows=rows, of_job=of_job, files=None if storage_dir is None else _files(storage_dir))


def _rows(connection: Connection, query: str) -> list[Row]:
    found = connection.execute(text(query)).mappings()
    return [{name: bytes(v) if isinstance(v, memoryview) else v for name, v in row.items()} for row in found]


def _by_job(rows: Sequence[Row]) -> ByJob:
    grouped: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["job_id"]].append(row)
    return dict(grouped)


def _files(folder: Path) -> dict[str, int]:
    found = {}
    for inner, _, names in os.walk(folder):  # a sweep may remove some meanwhile
        for path in (Path(inner, name) for name in names):
            with suppress(FileNotFoundError):
                found[path.relative_to(folder).as_posix()] = path.stat().st_size
    return found


def is_done(step: Row) -> bool:
    return bool(step["state"] == "done")
