from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from shared.db.engine import Sessions
from shared.db.jobs import cancel_job, get_jobs
from shared.db.results import commit_segment, get_plan, get_result, get_samples, segment_of_sample
from shared.db.steps import LeaseLost, heartbeat, refuse, release, settle_abandoned_cancels
from shared.db.tables import EventRow, JobRow
from shared.db.workspaces import ensure_workspace
from shared.domain.errors import NotFound, NoVideo, StateConflict
from shared.domain.ids import JobId, WorkspaceId
from tests.factories import PLAN, SEEN, SUMMARY, claim, job_up_to, samples_of


def state_of(sessions: Sessions, job_id: JobId) -> str:
    with sessions.begin() as session:
        return get_jobs(session, [job_id])[0].state


def workspace(sessions: Sessions, name: str = "default") -> WorkspaceId:
    with sessions.begin() as session:
        return ensure_workspace(session, name)


def events(sessions: Sessions) -> list[str]:
    with sessions.begin() as session:
        return list(session.scalars(select(EventRow.type)))


def test_a_job_goes_from_queued_to_succeeded_and_says_so_once(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "succeeded")

    assert events(sessions) == ["job.succeeded"]
    with sessions.begin() as session:
        assert get_result(session, workspace(sessions), job_id).summary == SUMMARY


def test_the_plan_and_the_samples_are_read_back_as_they_were(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "finishing")

    with sessions.begin() as session:
        assert get_plan(session, job_id) == PLAN
        stored = get_samples(session, job_id)
    assert [sample.number for part in stored.values() for sample in part] == list(range(PLAN.samples_total))
    assert stored[1] == samples_of(PLAN.segments[1], SEEN[1])


def test_a_sample_is_found_in_the_segment_that_owns_it(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "running")

    with sessions.begin() as session:
        assert [segment_of_sample(session, job_id, number) for number in (0, 2, 3, 5, 999)] == [0, 0, 1, 1, 1]


def test_a_result_is_not_shown_to_another_workspace(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "succeeded")

    with sessions.begin() as session, pytest.raises(NotFound):
        get_result(session, workspace(sessions, "other"), job_id)


def test_a_running_job_has_no_result_yet(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "running")

    with sessions.begin() as session, pytest.raises(StateConflict, match="running"):
        get_result(session, workspace(sessions), job_id)


def test_a_waiting_job_is_canceled_at_once(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "queued")
    with sessions.begin() as session:
        cancel_job(session, workspace(sessions), job_id)

    assert state_of(sessions, job_id) == "canceled"
    assert events(sessions) == ["job.canceled"]


def test_a_running_job_winds_down_when_its_worker_hears_of_the_cancel(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "running")
    taken = claim(sessions)
    with sessions.begin() as session:
        cancel_job(session, workspace(sessions), job_id)
    assert state_of(sessions, job_id) == "canceling"

    with sessions.begin() as session:
        assert heartbeat(session, taken, lease_s=45, samples_done=1) == "canceling"
    with sessions.begin() as session:
        release(session, taken)
    assert state_of(sessions, job_id) == "canceled"


def test_a_segment_that_comes_after_the_cancel_is_discarded(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "running")
    taken = claim(sessions)
    with sessions.begin() as session:
        cancel_job(session, workspace(sessions), job_id)

    with pytest.raises(LeaseLost), sessions.begin() as session:
        commit_segment(session, taken, samples_of(PLAN.segments[0], SEEN[0]))


def test_wrong_input_that_is_found_after_the_cancel_does_not_fail_the_job(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "running")
    taken = claim(sessions)
    with sessions.begin() as session:
        cancel_job(session, workspace(sessions), job_id)
    with sessions.begin() as session:
        refuse(session, taken, NoVideo())

    assert state_of(sessions, job_id) == "canceled"


def test_the_sweep_ends_a_cancel_whose_worker_vanished(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "running")
    claim(sessions)
    with sessions.begin() as session:
        cancel_job(session, workspace(sessions), job_id)
        session.execute(text("UPDATE step SET leased_until = now() - interval '1 second' WHERE state = 'leased'"))
    with sessions.begin() as session:
        settle_abandoned_cancels(session)

    assert state_of(sessions, job_id) == "canceled"


def test_a_finished_job_cannot_be_canceled(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "succeeded")

    with sessions.begin() as session, pytest.raises(StateConflict, match="succeeded"):
        cancel_job(session, workspace(sessions), job_id)


@pytest.mark.parametrize("after", ["running", "canceled", "failed"])
def test_the_database_itself_keeps_a_terminal_state(sessions: Sessions, after: str) -> None:
    job_id = job_up_to(sessions, "succeeded")

    with pytest.raises(IntegrityError, match="cannot become"), sessions.begin() as session:
        session.get_one(JobRow, job_id).state = after


def test_the_database_permits_only_the_erasure_of_what_is_over(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "succeeded")
    with sessions.begin() as session:
        session.get_one(JobRow, job_id).state = "erased"

    assert state_of(sessions, job_id) == "erased"


def test_the_version_grows_with_every_visible_change(sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "succeeded")

    with sessions.begin() as session:
        assert get_jobs(session, [job_id])[0].version == 5  # queued, planning, running, finishing, succeeded
