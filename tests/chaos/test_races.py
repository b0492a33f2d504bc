"""Several act in the same moment, on real Postgres (faults 17 and 18)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import text

from shared.db.engine import Sessions, create_db_engine, create_sessions
from shared.domain.ids import JobId
from shared.domain.step import Claim, StepKind
from tests.chaos.by_hand import at_once, cancel, carry_out, claim, drain, erase, must_claim, submit
from tests.chaos.invariants import check

ROUNDS = 8  # a race shows in some of them


@pytest.fixture
def sessions(database_url: str) -> Iterator[Sessions]:
    engine = create_db_engine(database_url)
    yield create_sessions(engine)
    engine.dispose()


def up_to(sessions: Sessions, kind: StepKind) -> tuple[JobId, Claim]:
    """A job of two segments, and a lease on its step of that kind, the last segment if it is one."""
    job_id = submit(sessions)
    while (taken := must_claim(sessions)).key.kind != kind or (kind == "segment" and taken.key.index == 0):
        carry_out(sessions, taken)
    return job_id, taken


def states(sessions: Sessions) -> set[str]:
    with sessions.begin() as session:
        return set(session.scalars(text("SELECT state FROM job")))


def test_when_the_last_two_segments_commit_together_there_is_one_result(sessions: Sessions, database_url: str) -> None:
    for _ in range(ROUNDS):
        submit(sessions)
        carry_out(sessions, must_claim(sessions))
        last_two = [must_claim(sessions), must_claim(sessions)]
        at_once([partial(carry_out, sessions, taken) for taken in last_two])
        finish = must_claim(sessions)
        assert (finish.key.kind, claim(sessions)) == ("finish", None)
        carry_out(sessions, finish)
        drain(sessions)

    assert states(sessions) == {"succeeded"}
    assert check(database_url) == []


def test_when_two_bear_a_step_one_commits(sessions: Sessions, database_url: str) -> None:
    for _ in range(ROUNDS):
        _, slow = up_to(sessions, "segment")
        with sessions.begin() as session:
            session.execute(text("UPDATE step SET leased_until = now() WHERE state = 'leased'"))
        quick = must_claim(sessions)
        assert quick.key == slow.key
        at_once([partial(carry_out, sessions, taken) for taken in (slow, quick)])
        drain(sessions)

    assert states(sessions) == {"succeeded"}
    assert check(database_url) == []


@pytest.mark.parametrize("kind", ["plan", "segment", "finish"])
def test_a_cancel_that_races_a_commit_leaves_one_end(sessions: Sessions, database_url: str, kind: StepKind) -> None:
    for _ in range(ROUNDS):
        job_id, taken = up_to(sessions, kind)
        at_once([partial(carry_out, sessions, taken), partial(cancel, sessions, job_id)])
        drain(sessions)

    assert states(sessions) <= {"succeeded", "canceled"}
    assert check(database_url) == []


@pytest.mark.parametrize("kind", ["plan", "segment", "finish"])
def test_an_erasure_that_races_a_commit_leaves_nothing(sessions: Sessions, database_url: str, kind: StepKind) -> None:
    for _ in range(ROUNDS):
        job_id, taken = up_to(sessions, kind)
        at_once([partial(carry_out, sessions, taken), partial(erase, sessions, job_id)])
        drain(sessions)

    assert states(sessions) == {"erased"}
    assert check(database_url) == []


def test_of_many_that_claim_at_once_each_gets_a_step_of_its_own(sessions: Sessions, database_url: str) -> None:
    for _ in range(ROUNDS):
        submit(sessions)
    taken: list[Claim] = []
    at_once([lambda: taken.append(must_claim(sessions)) for _ in range(ROUNDS)])
    assert len({one.key for one in taken}) == ROUNDS

    at_once([partial(carry_out, sessions, one) for one in taken])
    drain(sessions)
    assert states(sessions) == {"succeeded"}
    assert check(database_url) == []
