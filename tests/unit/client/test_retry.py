from __future__ import annotations

from itertools import count

import pytest

from mien import Problem, Retry, Unreachable
from mien.core import problem_of
from mien.retry import Streak, may_repeat
from mien.wire import Reply

CUT, REFUSED = Unreachable("cut", sent=True), Unreachable("refused", sent=False)


def problem(status: int, body: bytes = b"", **headers: str) -> Problem:
    return problem_of(
        Reply(status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}, body=body)
    )


def retry(**settings: float) -> Retry:
    """Without chance, and with a clock that goes on by a second whenever it is looked at."""
    ticks = count()
    return Retry(random=lambda: 0.0, clock=lambda: float(next(ticks)), **settings)


def test_pauses_double_up_to_the_longest() -> None:
    assert [retry(first_s=1, longest_s=10).pause_s(n) for n in range(1, 7)] == [1, 2, 4, 8, 10, 10]
    assert Retry().pause_s(10_000) <= Retry().longest_s


def test_up_to_half_of_a_pause_is_left_out_at_random() -> None:
    pauses = {Retry(first_s=1).pause_s(1) for _ in range(100)}
    assert len(pauses) > 50
    assert all(0.5 <= pause <= 1 for pause in pauses)


def test_patience_ends_with_the_failure_itself() -> None:
    streak = Streak(retry(for_s=5, first_s=1, longest_s=1))
    assert [streak.pause_s(CUT) for _ in range(5)] == [1] * 5
    with pytest.raises(Unreachable):
        streak.pause_s(CUT)


def test_what_goes_well_makes_patient_again() -> None:
    streak = Streak(retry(for_s=2, first_s=1, longest_s=1))
    for _ in range(10):
        streak.pause_s(CUT)
        streak.forget()


def test_a_server_that_says_when_to_come_is_not_asked_before() -> None:
    streak = Streak(retry(for_s=60))
    assert streak.pause_s(problem(503, retry_after="7")) == 7
    assert streak.pause_s(problem(503, retry_after="0")) == 1
    with pytest.raises(Problem):
        streak.pause_s(problem(429, retry_after="61"))


def test_a_date_to_come_at_is_read() -> None:
    assert (problem(429, retry_after="Wed, 21 Oct 2015 07:28:00 GMT").retry_after_s) == 0
    assert (problem(429, retry_after="Fri, 01 Jan 2100 00:00:00 GMT").retry_after_s or 0) > 1e9
    assert problem(429, retry_after="soon").retry_after_s is None


@pytest.mark.parametrize(
    ("error", "repeatable", "may"),
    [
        (CUT, True, True),
        (CUT, False, False),
        (REFUSED, False, True),
        (problem(429), False, True),
        (problem(503), True, True),
        (problem(503), False, False),
        (problem(502), True, True),
        (problem(500), True, False),
        (problem(422), True, False),
        (problem(409, b'{"code": "idempotency_key_in_flight"}'), True, True),
        (problem(409, b'{"code": "state_conflict"}'), True, False),
        (problem(423, b'{"code": "upload_locked"}'), False, True),
    ],
)
def test_only_what_can_help_and_can_do_nothing_twice_is_sent_again(
    error: Problem | Unreachable, repeatable: bool, may: bool
) -> None:
    assert may_repeat(error, repeatable=repeatable) is may


def test_a_proxys_page_is_a_problem_of_its_status() -> None:
    found = problem(502, b"<html>Bad Gateway</html>", x_request_id="abc")
    assert (type(found).__name__, found.code, found.status, found.request_id) == (
        "ServerProblem",
        "http_502",
        502,
        "abc",
    )
    assert problem(404, b"[1]").code == "http_404"
