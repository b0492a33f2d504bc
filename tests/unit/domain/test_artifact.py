from __future__ import annotations

from typing import get_args

from shared.domain.artifact import ARTIFACT_STATES, state_of
from shared.domain.step import (
    ARTIFACT_KINDS,
    CREW_CLASSES,
    JOB_KINDS,
    STEP_KINDS,
    StepClass,
    StepState,
    class_of_artifact,
    class_to_hint,
    devices_served_by,
)


def test_each_state_of_a_step_is_one_of_its_artifact() -> None:
    assert {state_of(state) for state in get_args(StepState)} == set(ARTIFACT_STATES)


def test_each_artifact_is_a_step_that_no_job_waits_for() -> None:
    assert set(ARTIFACT_KINDS) <= set(STEP_KINDS)
    assert not set(ARTIFACT_KINDS) & JOB_KINDS


def test_who_makes_artifacts_does_nothing_else_and_is_woken_with_the_crews() -> None:
    for kind in ARTIFACT_KINDS:
        step_class = class_of_artifact(kind)
        assert step_class in CREW_CLASSES
        assert devices_served_by((step_class,)) == (step_class,)
        assert class_to_hint(step_class) == "io"


def test_analysers_take_no_work_of_the_crews() -> None:
    for step_class in get_args(StepClass):
        if step_class in CREW_CLASSES:
            assert step_class not in devices_served_by(("cpu", "gpu"))
