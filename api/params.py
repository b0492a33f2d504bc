"""Query parameters that more than one list has."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BeforeValidator


def _written(value: object) -> object:
    """A bare number would be taken for seconds since 1970."""
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("write it as 2026-11-22T09:00:00Z")
    return value


def _bounded(at: datetime) -> datetime:
    """Postgres' times reach further than ours, but not with every offset."""
    if not 1 < at.year < 9999:
        raise ValueError("there are no jobs of that year")
    return at


Time = Annotated[
    Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_bounded)] | None,
    Query(description="with its zone: 2026-11-22T09:00:00Z"),
]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before")]
