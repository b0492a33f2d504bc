from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.schemas.artifact import ARTIFACT_EXAMPLE
from api.schemas.batch import BATCH_EXAMPLE
from api.schemas.job import JOB_EXAMPLE
from api.schemas.result import RESULT_EXAMPLE
from api.schemas.webhook import DELIVERY_EXAMPLE, ENDPOINT_EXAMPLE
from mien import Artifact, Batch, Delivery, Endpoint, Job, Result, Sample, UnexpectedAnswer
from mien.decode import decode

EXAMPLES: list[tuple[type[Any], dict[str, Any]]] = [
    (Artifact, ARTIFACT_EXAMPLE),
    (Batch, BATCH_EXAMPLE),
    (Delivery, DELIVERY_EXAMPLE),
    (Endpoint, ENDPOINT_EXAMPLE),
    (Job, JOB_EXAMPLE),
    (Result, RESULT_EXAMPLE),
]


@pytest.mark.parametrize(("kind", "example"), EXAMPLES, ids=lambda value: getattr(value, "__name__", ""))
def test_everything_that_the_server_tells_is_known_here(kind: type[Any], example: dict[str, Any]) -> None:
    made = decode(kind, example)
    assert {name for name in example if not hasattr(made, name)} == set()
    assert made.raw == example


def test_values_are_of_their_types() -> None:
    job = decode(Job, {**JOB_EXAMPLE, "error": {"code": "no_video", "detail": "none"}})
    result = decode(Result, RESULT_EXAMPLE)

    assert job.created_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert (job.progress.samples_total, job.progress.percent, job.finished_at) == (1200, 35.0, None)
    assert job.error is not None
    assert job.error.code == "no_video"
    assert result.moments[0].emotion == "fear"
    assert isinstance(result.tracks, tuple)
    assert result.quality is not None
    assert (result.quality.dark, result.quality.advice) == (0.313, ("dark",))


def test_what_a_newer_server_adds_is_left_out() -> None:
    face = {
        "track": 0,
        "primary": True,
        "box": {"x": 1, "y": 2, "width": 3, "height": 4, "angle": 5},
        "emotions": {"happy": 1.0},
        "dominant": "happy",
        "gaze": [0, 1],
    }
    sample = decode(Sample, {"sample": 0, "t_s": 0.5, "status": "face", "faces": [face], "blur": 0.1})
    assert (sample.faces[0].box.width, sample.faces[0].dominant) == (3, "happy")


def test_what_an_older_server_does_not_tell_has_its_default() -> None:
    job = decode(Job, {"id": "job_1", "state": "erased", "created_at": "2026-11-22T09:00:00Z", "metadata": None})
    assert (job.metadata, job.progress.samples_done, job.batch_id) == ({}, 0, None)
    assert decode(Result, {**RESULT_EXAMPLE, "quality": None}).quality is None


@pytest.mark.parametrize("data", [None, [], "job", {}, {"id": "job_1"}, {**JOB_EXAMPLE, "created_at": "soon"}])
def test_what_is_no_job_is_said_to_be_none(data: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="Job is not understood"):
        decode(Job, data)
