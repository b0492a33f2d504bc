from __future__ import annotations

import pytest

from shared.domain.errors import StateConflict
from shared.domain.job import EDGES, JOB_STATES, TERMINAL, Progress, check_edge, states_before


@pytest.mark.parametrize("state", sorted(TERMINAL - {"erased"}))
def test_a_job_that_is_over_can_only_be_erased(state: str) -> None:
    assert EDGES[state] == {"erased"}  # type: ignore[index]


def test_an_erased_job_stays_erased() -> None:
    assert EDGES["erased"] == frozenset()


def test_every_state_is_reached_and_none_is_a_trap() -> None:
    reached = {"queued"} | {after for edges in EDGES.values() for after in edges}

    assert reached == set(JOB_STATES)
    assert all(EDGES[state] for state in JOB_STATES if state != "erased")


def test_a_succeeded_job_cannot_be_canceled() -> None:
    with pytest.raises(StateConflict, match="succeeded cannot become canceled"):
        check_edge("succeeded", "canceled")


def test_a_result_only_comes_from_finishing() -> None:
    assert states_before("succeeded") == ("finishing",)


def test_progress_is_a_share_of_all_samples_and_never_above_one_hundred() -> None:
    assert Progress(samples_done=420, samples_total=1200, eta_s=None).percent == 35.0
    assert Progress(samples_done=5, samples_total=4, eta_s=None).percent == 100.0
    assert Progress(samples_done=0, samples_total=None, eta_s=None).percent == 0.0
