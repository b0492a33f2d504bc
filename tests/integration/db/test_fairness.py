"""Who goes first among several jobs: priority, then those who hold least, then those who have had least, then age."""

from __future__ import annotations

from shared.db.claims import claim_step
from shared.db.engine import Sessions
from shared.db.results import commit_plan, commit_segment
from shared.db.steps import refuse
from shared.db.workspaces import ensure_workspace, limit_workspace
from shared.domain.errors import MediaUnreadable
from shared.domain.ids import JobId
from shared.domain.plan import Plan
from shared.domain.step import TURN_SEGMENTS
from tests.factories import a_bearer, a_plan, samples_of
from tests.integration.db.test_claims import expire_leases, must_claim, new_job, planned_job


def test_a_short_job_does_not_wait_behind_a_long_one(sessions: Sessions) -> None:
    long_job = planned_job(sessions, segments=100)
    assert must_claim(sessions).key.job_id == long_job
    short_job = new_job(sessions)

    assert must_claim(sessions).key.job_id == short_job


def test_a_short_job_does_not_wait_behind_a_long_one_even_for_a_single_analyser(sessions: Sessions) -> None:
    long = planned_job(sessions, segments=20)
    plan = a_plan(20)
    for _ in range(TURN_SEGMENTS):
        carry_out(sessions, plan)
    short = new_job(sessions)

    assert must_claim(sessions).key.job_id == short
    expire_leases(sessions)
    with sessions.begin() as session:
        commit_plan(session, must_claim(sessions), a_plan(2))
    assert [carry_out(sessions, plan) for _ in range(3)] == [short, short, short]  # two segments and the end
    assert carry_out(sessions, plan) == long


def test_jobs_of_one_length_are_finished_one_after_the_other(sessions: Sessions) -> None:
    first = planned_job(sessions, segments=TURN_SEGMENTS)
    second = new_job(sessions)
    assert [carry_out(sessions, a_plan(TURN_SEGMENTS)) for _ in range(TURN_SEGMENTS + 1)] == [first] * (
        TURN_SEGMENTS + 1
    )
    assert must_claim(sessions).key.job_id == second


def carry_out(sessions: Sessions, plan: Plan) -> JobId:
    """Claim what comes next and commit it, if it is a segment; gives its job."""
    taken = must_claim(sessions)
    with sessions.begin() as session:
        if taken.key.kind == "segment":
            commit_segment(session, taken, samples_of(plan.segments[taken.key.index], ["happy"] * 3))
        else:
            refuse(session, taken, MediaUnreadable("the end of this test"))
    return taken.key.job_id


def test_a_tenant_with_many_jobs_does_not_starve_another(sessions: Sessions) -> None:
    for _ in range(5):
        new_job(sessions, "busy")
    must_claim(sessions)
    modest = new_job(sessions, "modest")

    assert must_claim(sessions).key.job_id == modest


def test_a_job_of_high_priority_goes_first(sessions: Sessions) -> None:
    new_job(sessions, priority="normal")
    urgent = new_job(sessions, priority="high")

    assert must_claim(sessions).key.job_id == urgent


def test_a_workspace_holds_no_more_segments_than_its_limit_while_others_go_on(sessions: Sessions) -> None:
    ours = planned_job(sessions, 5)
    with sessions.begin() as session:
        limit_workspace(session, ensure_workspace(session, "default"), max_running_segments=2)
    held = [must_claim(sessions).key.job_id]
    theirs = planned_job(sessions, 5, "other")
    held += [must_claim(sessions).key.job_id for _ in range(6)]

    assert (held.count(ours), held.count(theirs)) == (2, 5)
    with sessions.begin() as session:
        assert claim_step(session, a_bearer()) is None
        limit_workspace(session, ensure_workspace(session, "default"), max_running_segments=None)
    assert [must_claim(sessions).key.job_id for _ in range(3)] == [ours] * 3


def test_a_limit_of_segments_keeps_no_other_step_back(sessions: Sessions) -> None:
    planned_job(sessions, segments=3)
    with sessions.begin() as session:
        limit_workspace(session, ensure_workspace(session, "default"), max_running_segments=1)
    must_claim(sessions)
    waiting = new_job(sessions)

    claim = must_claim(sessions)
    assert (claim.key.job_id, claim.key.kind) == (waiting, "plan")


def test_a_lease_that_ran_out_counts_no_more_against_the_limit(sessions: Sessions) -> None:
    planned_job(sessions, segments=3)
    with sessions.begin() as session:
        limit_workspace(session, ensure_workspace(session, "default"), max_running_segments=1)
    first = must_claim(sessions)
    expire_leases(sessions)

    again = must_claim(sessions)
    assert (again.key, again.rescued) == (first.key, True)
