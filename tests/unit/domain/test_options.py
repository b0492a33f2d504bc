from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.domain.errors import InvalidRequest
from shared.domain.options import Options
from shared.domain.purpose import check_purpose

options = TypeAdapter(Options)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("interval_s", float("nan")),
        ("interval_s", 0.09),
        ("interval_s", 5.01),
        ("model", "Deep Face"),
        ("detector", "yolo"),
        ("device", "tpu"),
        ("scoring", "standard-2"),
    ],
)
def test_what_mien_does_not_offer_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        Options(**{field: value})


def test_an_unknown_option_is_refused_on_the_wire() -> None:
    with pytest.raises(ValidationError, match="speed"):
        options.validate_python({"speed": "high"})


def test_options_survive_their_way_through_the_database() -> None:
    chosen = Options(interval_s=1.0, faces="primary", keep_video=False)

    assert options.validate_python(chosen.to_dict()) == chosen


def test_an_assessment_needs_consent_on_record() -> None:
    allowed = ("practice", "assessment")

    with pytest.raises(InvalidRequest, match="consent_reference"):
        check_purpose("assessment", allowed, None)  # type: ignore[arg-type]
    check_purpose("assessment", allowed, "signed 2026-11-20")  # type: ignore[arg-type]


def test_a_purpose_that_the_operator_does_not_allow_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="allowed: practice"):
        check_purpose("assessment", ("practice",), "signed")
