"""Carries out steps on real Postgres without a worker: who bears which lease, and when, is for a test to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Barrier, Thread
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.db.claims import claim_step
from shared.db.engine import Sessions, transaction
from shared.db.erasure import erase_job
from shared.db.jobs import cancel_job, get_jobs
from shared.db.results import (
    Result,
    commit_finish,
    commit_plan,
    commit_segment,
    commit_thumbnails,
    get_plan,
    get_samples,
)
from shared.db.steps import LeaseLost, release, settle_abandoned_cancels
from shared.domain.errors import StateConflict
from shared.domain.ids import JobId
from shared.domain.options import Options
from shared.domain.plan import Plan, Segment
from shared.domain.samples import Sample
from shared.domain.step import Claim
from tests.factories import a_bearer, a_job, a_plan, samples_of
from worker.pipeline.run import summarise

EMOTIONS = ("happy", "fear", None)
PICTURES: list[dict[str, Any]] = [{"number": 0}]


def submit(sessions: Sessions) -> JobId:
    with sessions.begin() as session:
        return a_job(session)


def claim(sessions: Sessions) -> Claim | None:
    with transaction(sessions) as session:
        return claim_step(session, a_bearer())


def must_claim(sessions: Sessions) -> Claim:
    taken = claim(sessions)
    assert taken is not None
    return taken


def carry_out(sessions: Sessions, taken: Claim, segments: int = 2) -> bool:
    """Commit what the step asks for, as a worker does: what is rejected is handed back if it can be. False then."""
    try:
        with transaction(sessions) as session:
            _commit(session, taken, segments)
    except LeaseLost:
        hand_back(sessions, taken)
        return False
    except (KeyError, ValueError):  # the plan or the samples of a job that was erased before they were read
        if _is_erased(sessions, taken.key.job_id):
            return False
        raise
    return True


def _is_erased(sessions: Sessions, job_id: JobId) -> bool:
    with transaction(sessions) as session:
        return get_jobs(session, [job_id])[0].state == "erased"


def hand_back(sessions: Sessions, taken: Claim) -> None:
    with suppress(LeaseLost), transaction(sessions) as session:
        release(session, taken)


def cancel(sessions: Sessions, job_id: JobId) -> None:
    with suppress(StateConflict), transaction(sessions) as session:
        [job] = get_jobs(session, [job_id])
        cancel_job(session, job.workspace_id, job_id)


def erase(sessions: Sessions, job_id: JobId) -> None:
    with transaction(sessions) as session:
        [job] = get_jobs(session, [job_id])
        erase_job(session, job.workspace_id, job_id)


def sweep(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        settle_abandoned_cancels(session)


def expire_leases(sessions: Sessions) -> None:
    """As if time had passed: no lease holds any more, and no backoff either."""
    with transaction(sessions) as session:
        session.execute(text("UPDATE step SET leased_until = now() - interval '1 s' WHERE state = 'leased'"))
        session.execute(text("UPDATE step SET not_before = now() WHERE state = 'ready'"))


def drain(sessions: Sessions) -> None:
    """Work everything off, alone."""
    while (taken := _claim_in_time(sessions)) is not None:
        carry_out(sessions, taken)


def _claim_in_time(sessions: Sessions) -> Claim | None:
    """The next step, now or once every lease and every wait is over."""
    taken = claim(sessions)
    if taken is None:
        let_time_pass(sessions)
        taken = claim(sessions)
    return taken


def let_time_pass(sessions: Sessions) -> None:
    expire_leases(sessions)
    sweep(sessions)


def at_once(actions: Sequence[Callable[[], object]]) -> None:
    """Run each in a thread of its own, all from the same moment; an error in any of them is raised."""
    barrier, errors = Barrier(len(actions)), list[BaseException]()

    def run(action: Callable[[], object]) -> None:
        barrier.wait()
        try:
            action()
        except BaseException as error:  # noqa: BLE001, raised below, in the thread of the test
            errors.append(error)

    threads = [Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


def samples_in(segment: Segment) -> list[Sample]:
    return samples_of(segment, [EMOTIONS[k % len(EMOTIONS)] for k in range(len(segment.frame_pts))])


def true_result(job_id: JobId, plan: Plan, samples: dict[int, list[Sample]]) -> Result:
    """What the pipeline makes of the segments."""
    summary = summarise(plan, samples, Options())
    return Result(
        job_id=job_id,
        summary={**summary.to_dict(), "provenance": {"engine": "tensorflow"}},
        track_mapping={str(index): {str(a): b for a, b in to.items()} for index, to in summary.track_mapping.items()},
        primary_track=summary.primary_track,
    )


def _commit(session: Session, taken: Claim, segments: int) -> None:
    job_id = taken.key.job_id
    if taken.key.kind == "plan":
        commit_plan(session, taken, a_plan(segments))
    elif taken.key.kind == "segment":
        assert taken.planned is not None
        commit_segment(session, taken, samples_in(Segment.of(taken.planned)))
    elif taken.key.kind == "finish":
        result = true_result(job_id, get_plan(session, job_id), get_samples(session, job_id))
        commit_finish(session, taken, result, PICTURES)
    else:
        commit_thumbnails(session, taken)
