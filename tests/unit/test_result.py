"""A stored summary as clients see it."""

from __future__ import annotations

from uuid import UUID

from api.schemas.result import RESULT_EXAMPLE, ResultOut
from shared.db.results import Result
from shared.domain.ids import JobId
from shared.domain.links import Links
from tests.factories import SUMMARY


def told(summary: dict[str, object]) -> dict[str, object]:
    result = Result(job_id=JobId(UUID(int=1)), summary=summary, track_mapping={}, primary_track=0)
    return ResultOut.of(result, Links("https://mien.example"), pictures=False).model_dump()


def test_what_the_pipeline_found_of_the_picture_is_told() -> None:
    assert told(SUMMARY)["quality"] == RESULT_EXAMPLE["quality"]


def test_a_result_of_an_older_pipeline_has_no_quality() -> None:
    older = {name: value for name, value in SUMMARY.items() if name != "quality"}
    result = told(older)
    assert "quality" in result
    assert result["quality"] is None
