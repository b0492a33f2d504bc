from __future__ import annotations

import json

from shared.domain.plan import Plan
from shared.domain.step import BACKOFF_S, backoff_s, class_to_hint, devices_served_by, hard_limit_s
from tests.factories import a_plan


def test_a_plan_survives_its_way_through_json() -> None:
    plan = a_plan(segments=3)

    assert Plan.of(json.loads(json.dumps(plan.to_dict()))) == plan


def test_the_hard_limit_grows_with_the_length_of_the_media() -> None:
    assert hard_limit_s(0) == 120.0
    assert hard_limit_s(30) == 420.0


def test_waits_between_attempts_grow_and_then_stay() -> None:
    assert [backoff_s(attempts) for attempts in (1, 2, 3, 9)] == [*BACKOFF_S, BACKOFF_S[-1]]


def test_a_gpu_worker_also_takes_work_that_does_not_care() -> None:
    assert devices_served_by(("gpu",)) == ("auto", "gpu")
    assert class_to_hint("auto") == "cpu"
    assert class_to_hint("gpu") == "gpu"
