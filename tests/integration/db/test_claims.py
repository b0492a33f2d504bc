from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from shared.db.claims import Bearer, claim_step, classes_waiting
from shared.db.engine import Sessions
from shared.db.jobs import get_jobs
from shared.db.results import commit_plan, commit_segment
from shared.db.steps import LeaseLost, give_back_after_death, heartbeat, release
from shared.domain.errors import AnalyserDied
from shared.domain.ids import JobId
from shared.domain.job import Job
from shared.domain.step import MAX_ATTEMPTS, MAX_LOSSES, Claim
from tests.factories import a_bearer, a_job, a_plan, samples_of


def claim(sessions: Sessions, bearer: Bearer | None = None) -> Claim | None:
    with sessions.begin() as session:
        return claim_step(session, bearer or a_bearer())


def must_claim(sessions: Sessions, bearer: Bearer | None = None) -> Claim:
    taken = claim(sessions, bearer)
    assert taken is not None
    return taken


def expire_leases(sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.execute(text("UPDATE step SET leased_until = now() - interval '1 second' WHERE state = 'leased'"))


def end_backoff(sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.execute(text("UPDATE step SET not_before = now()"))


def new_job(sessions: Sessions, workspace: str = "default", **wanted: str) -> JobId:
    with sessions.begin() as session:
        return a_job(session, workspace, **wanted)  # type: ignore[arg-type]


def planned_job(sessions: Sessions, segments: int, workspace: str = "default") -> JobId:
    job_id = new_job(sessions, workspace)
    taken = must_claim(sessions)
    assert (taken.key.job_id, taken.key.kind) == (job_id, "plan")
    with sessions.begin() as session:
        commit_plan(session, taken, a_plan(segments))
    return job_id


def read_job(sessions: Sessions, job_id: JobId) -> Job:
    with sessions.begin() as session:
        return get_jobs(session, [job_id])[0]


def test_a_claimed_step_is_nobody_elses(sessions: Sessions) -> None:
    job_id = new_job(sessions)

    assert must_claim(sessions).key.job_id == job_id
    assert claim(sessions, a_bearer("worker-2")) is None


def test_claiming_the_plan_starts_the_job(sessions: Sessions) -> None:
    job_id = new_job(sessions)
    must_claim(sessions)

    job = read_job(sessions, job_id)
    assert job.state == "planning"
    assert job.started_at is not None


def test_many_threads_claim_every_step_exactly_once(sessions: Sessions) -> None:
    planned_job(sessions, segments=40)

    def drain(number: int) -> list[int]:
        taken = []
        while (one := claim(sessions, a_bearer(f"worker-{number}"))) is not None:
            taken.append(one.key.index)
        return taken

    with ThreadPoolExecutor(8) as threads:
        indexes = [index for taken in threads.map(drain, range(8)) for index in taken]
    assert sorted(indexes) == list(range(40))


def test_an_expired_lease_is_taken_over_with_a_new_token(sessions: Sessions) -> None:
    new_job(sessions)
    first = must_claim(sessions)
    expire_leases(sessions)

    second = must_claim(sessions, a_bearer("worker-2"))
    assert second.key == first.key
    assert second.token == first.token + 1


def test_the_commit_of_a_worker_that_slept_past_its_lease_is_rejected(sessions: Sessions) -> None:
    new_job(sessions)
    sleeper = must_claim(sessions)
    expire_leases(sessions)
    other = must_claim(sessions, a_bearer("worker-2"))

    with pytest.raises(LeaseLost), sessions.begin() as session:
        commit_plan(session, sleeper, a_plan(5))
    with sessions.begin() as session:
        commit_plan(session, other, a_plan(1))


def test_a_worker_that_nobody_replaced_may_still_commit_after_its_lease(sessions: Sessions) -> None:
    new_job(sessions)
    late = must_claim(sessions)
    expire_leases(sessions)

    with sessions.begin() as session:
        commit_plan(session, late, a_plan(1))


def test_a_heartbeat_keeps_the_lease_and_shows_progress(sessions: Sessions) -> None:
    job_id = planned_job(sessions, segments=1)
    taken = must_claim(sessions)
    with sessions.begin() as session:
        assert heartbeat(session, taken, lease_s=45, samples_done=2) == "held"

    assert read_job(sessions, job_id).progress.samples_done == 2


def test_shown_progress_never_runs_backwards(sessions: Sessions) -> None:
    job_id = planned_job(sessions, segments=1)
    with sessions.begin() as session:
        heartbeat(session, first := must_claim(sessions), lease_s=45, samples_done=2)
    with sessions.begin() as session:
        release(session, first)
    with sessions.begin() as session:
        heartbeat(session, must_claim(sessions), lease_s=45, samples_done=1)

    assert read_job(sessions, job_id).progress.samples_done == 2


def test_past_its_hard_deadline_no_heartbeat_keeps_a_lease(sessions: Sessions) -> None:
    new_job(sessions)
    taken = must_claim(sessions)
    with sessions.begin() as session:
        session.execute(text("UPDATE step SET hard_deadline = now() - interval '1 second'"))
    with sessions.begin() as session:
        assert heartbeat(session, taken, lease_s=45, samples_done=0) == "lost"


def test_a_released_step_counts_neither_as_attempt_nor_as_loss(sessions: Sessions) -> None:
    new_job(sessions)
    for _ in range(MAX_ATTEMPTS + MAX_LOSSES):
        taken = must_claim(sessions)
        with sessions.begin() as session:
            release(session, taken)

    assert must_claim(sessions).attempts == 0


def test_a_step_on_which_analysers_keep_dying_fails_its_job_with_the_reason(sessions: Sessions) -> None:
    poisoned, healthy = new_job(sessions), new_job(sessions)
    for _ in range(MAX_ATTEMPTS):
        end_backoff(sessions)
        taken = must_claim(sessions)
        assert taken.key.job_id == poisoned
        with sessions.begin() as session:
            give_back_after_death(session, taken, AnalyserDied("it was killed"))

    job = read_job(sessions, poisoned)
    assert (job.state, job.error_code, job.error_detail) == ("failed", "analyser_died", "it was killed")
    assert must_claim(sessions).key.job_id == healthy


def test_after_a_death_a_step_rests_before_it_is_tried_again(sessions: Sessions) -> None:
    new_job(sessions)
    taken = must_claim(sessions)
    with sessions.begin() as session:
        give_back_after_death(session, taken, AnalyserDied())

    assert claim(sessions) is None
    end_backoff(sessions)
    assert must_claim(sessions).attempts == 1


def test_workers_that_vanish_fail_a_job_only_after_many_losses(sessions: Sessions) -> None:
    job_id = new_job(sessions)
    for _ in range(MAX_LOSSES):
        must_claim(sessions)
        expire_leases(sessions)

    assert claim(sessions) is None
    job = read_job(sessions, job_id)
    assert (job.state, job.error_code) == ("failed", "worker_lost")


def test_work_for_a_gpu_is_left_to_those_who_have_one(sessions: Sessions) -> None:
    job_id = new_job(sessions, device="gpu")

    assert claim(sessions) is None
    with sessions.begin() as session:
        assert classes_waiting(session) == ["gpu"]
    assert must_claim(sessions, a_bearer(classes=("gpu",), engine="tensorflow-gpu")).key.job_id == job_id


def test_a_job_keeps_the_engine_of_its_first_segment(sessions: Sessions) -> None:
    planned_job(sessions, segments=2)
    assert must_claim(sessions, a_bearer(engine="tensorflow")).key.index == 0

    assert claim(sessions, a_bearer("gpu-1", classes=("cpu", "gpu"), engine="tensorflow-gpu")) is None
    assert must_claim(sessions, a_bearer("worker-2", engine="tensorflow")).key.index == 1


def test_a_job_whose_engine_nobody_offers_any_more_is_computed_anew_by_another(sessions: Sessions) -> None:
    job_id = planned_job(sessions, segments=2)
    taken = must_claim(sessions, a_bearer(engine="tensorflow"))
    with sessions.begin() as session:
        commit_segment(session, taken, samples_of(a_plan(2).segments[0], ["happy"] * 3))
    upgraded = a_bearer("upgraded", engine="litert")
    assert claim(sessions, upgraded) is None

    let_time_pass(sessions)
    again = [must_claim(sessions, upgraded), must_claim(sessions, upgraded)]
    assert {one.key.index for one in again} == {0, 1}
    assert read_job(sessions, job_id).engine == "litert"
    with pytest.raises(LeaseLost), sessions.begin() as session:
        commit_segment(session, taken, samples_of(a_plan(2).segments[0], ["happy"] * 3))
    for one in again:
        with sessions.begin() as session:
            commit_segment(session, one, samples_of(a_plan(2).segments[one.key.index], ["sad"] * 3))
    assert read_job(sessions, job_id).state == "finishing"


def let_time_pass(sessions: Sessions) -> None:
    """More than jobs wait for their engine."""
    with sessions.begin() as session:
        session.execute(
            text("UPDATE step SET not_before = now() - interval '1 hour', leased_until = now() - interval '1 hour'")
        )


def test_two_last_segments_that_commit_together_make_one_finish_step(sessions: Sessions) -> None:
    job_id = planned_job(sessions, segments=2)
    plan, taken = a_plan(2), [must_claim(sessions), must_claim(sessions, a_bearer("worker-2"))]

    def commit(one: Claim) -> None:
        samples = samples_of(plan.segments[one.key.index], ["happy"] * 3)
        with sessions.begin() as session:
            commit_segment(session, one, samples)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(commit, taken))
    assert read_job(sessions, job_id).state == "finishing"
    assert must_claim(sessions).key.kind == "finish"
    assert claim(sessions) is None
