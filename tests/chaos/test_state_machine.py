"""Every edge of jobs and steps, in any order and several at once, on real Postgres."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import text

from shared.db.engine import create_db_engine, create_sessions, transaction
from shared.db.steps import LeaseLost, give_back_after_death, heartbeat, refuse
from shared.domain.errors import AnalyserDied, MediaUnreadable
from shared.domain.step import Claim
from tests.chaos import by_hand
from tests.chaos.invariants import check

FEW = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    print_blob=True,
    phases=(Phase.generate,),  # what threads make of an example is not found again by making it smaller
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
OF_JOBS = ("cancel", "cancel", "cancel", "erase")
OF_CLAIMS = ("commit", "commit", "commit", "hand back", "die", "refuse", "heartbeat")
OTHERS = ("claim", "claim", "claim", "expire leases", "sweep")
MOST_JOBS = 5  # of one example; more would only be worked off one by one
Deed = tuple[str, int]
"""An edge, and which of the jobs or claims so far takes it."""


class Jobs(RuleBasedStateMachine):
    """A claim is kept after it was used, so that it comes back as a stale one."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self._engine = create_db_engine(self.url)
        self._sessions = create_sessions(self._engine)
        self._submitted = 0
        self._claims: list[Claim] = []
        with self._sessions.begin() as session:
            session.execute(text("TRUNCATE workspace CASCADE"))

    @initialize(segments=st.integers(1, 4))
    def choose(self, segments: int) -> None:
        self._segments = segments

    @rule(deeds=st.lists(st.tuples(st.sampled_from(OF_CLAIMS + OTHERS), st.integers(0, 5)), min_size=2, max_size=4))
    def at_once(self, deeds: list[Deed]) -> None:
        by_hand.at_once([self._action(edge, number) for edge, number in deeds])

    @rule(edge=st.sampled_from(OF_JOBS), deed=st.sampled_from(OF_CLAIMS), number=st.integers(0, 5))
    def interfere(self, edge: str, deed: str, number: int) -> None:
        """Somebody cancels or erases a job while it is worked on."""
        self._claim()
        by_hand.at_once([self._action(edge, 0), self._action(deed, number)])

    @rule(deeds=st.tuples(st.sampled_from(OF_CLAIMS), st.sampled_from(OF_CLAIMS)))
    def two_bear_it(self, deeds: tuple[str, str]) -> None:
        """A lease runs out and the step is taken again; then the old bearer and the new one act in the same moment."""
        self._claim()
        by_hand.expire_leases(self._sessions)
        self._claim()
        by_hand.at_once([self._action(deed, number) for number, deed in enumerate(deeds)])

    @rule(deed=st.sampled_from(OF_CLAIMS))
    def again_and_again(self, deed: str) -> None:
        for _ in range(4):
            self._claim()
            self._action(deed, 0)()
            by_hand.expire_leases(self._sessions)

    def teardown(self) -> None:
        try:
            by_hand.drain(self._sessions)
            assert check(self.url) == []
        finally:
            self._engine.dispose()

    def _action(self, edge: str, number: int) -> Callable[[], object]:
        """The number counts back from the newest."""
        if edge in OF_JOBS + OF_CLAIMS and self._claims:
            taken = self._claims[-1 - number % len(self._claims)]
            return partial(self._use, edge, taken)
        others: dict[str, Callable[[], object]] = {
            "claim": self._claim,
            "expire leases": partial(by_hand.expire_leases, self._sessions),
            "sweep": partial(by_hand.sweep, self._sessions),
        }
        return others.get(edge, lambda: None)

    def _claim(self) -> None:
        """The next step; of a new job when there is no other."""
        taken = by_hand.claim(self._sessions)
        if taken is None and self._submitted < MOST_JOBS:
            self._submitted += 1
            by_hand.submit(self._sessions)
            taken = by_hand.claim(self._sessions)
        if taken is not None:
            self._claims.append(taken)

    def _use(self, edge: str, taken: Claim) -> None:
        ways: dict[str, Callable[[], object]] = {
            "commit": partial(by_hand.carry_out, self._sessions, taken, self._segments),
            "hand back": partial(by_hand.hand_back, self._sessions, taken),
            "heartbeat": partial(self._beat, taken),
            "cancel": partial(by_hand.cancel, self._sessions, taken.key.job_id),
            "erase": partial(by_hand.erase, self._sessions, taken.key.job_id),
        }
        ways.get(edge, partial(self._end_badly, edge, taken))()

    def _beat(self, taken: Claim) -> None:
        with transaction(self._sessions) as session:
            answer = heartbeat(session, taken, lease_s=45, samples_done=1)
        if answer == "canceling":
            by_hand.hand_back(self._sessions, taken)

    def _end_badly(self, edge: str, taken: Claim) -> None:
        with suppress(LeaseLost), transaction(self._sessions) as session:
            if edge == "die":
                give_back_after_death(session, taken, AnalyserDied())
            else:
                refuse(session, taken, MediaUnreadable())


def test_whatever_comes_together_the_invariants_hold(database_url: str) -> None:
    class OnThisDatabase(Jobs):
        url = database_url

    run_state_machine_as_test(OnThisDatabase, settings=FEW)
