from __future__ import annotations

import pytest

from shared.domain.delivery import (
    DELAYS_S,
    JITTER,
    MAX_RETRY_AFTER_S,
    EventType,
    Outcome,
    delay_before_next_s,
    is_wanted,
)

FAILED = Outcome(status=500, latency_s=0.1)


def no_jitter() -> float:
    return 0.0


def test_the_schedule_is_the_one_of_standard_webhooks() -> None:
    hours = [round(wait_s / 3600, 4) for wait_s in DELAYS_S]

    assert hours == [0, 0.0014, 0.0833, 0.5, 2, 5, 10, 14, 20, 24]
    assert [delay_before_next_s(tries, FAILED, no_jitter) for tries in range(1, 10)] == list(DELAYS_S[1:])


def test_after_the_last_try_there_is_no_other() -> None:
    assert delay_before_next_s(len(DELAYS_S), FAILED, no_jitter) is None


def test_jitter_lengthens_a_delay_and_never_shortens_it() -> None:
    delay_s = delay_before_next_s(2, FAILED, lambda: 0.999)
    assert delay_s is not None
    assert DELAYS_S[2] < delay_s <= DELAYS_S[2] * (1 + JITTER)


@pytest.mark.parametrize(
    ("status", "asked_s", "expected_s"),
    [
        (429, 120.0, 120.0),
        (503, 120.0, 120.0),
        (429, 1.0, 5.0),  # the schedule is the least
        (429, 1e9, MAX_RETRY_AFTER_S),
        (500, 120.0, 5.0),  # only 429 and 503 may ask
        (429, None, 5.0),
    ],
)
def test_a_receiver_may_ask_for_a_longer_pause(status: int, asked_s: float | None, expected_s: float) -> None:
    outcome = Outcome(status=status, latency_s=0.1, retry_after_s=asked_s)
    assert delay_before_next_s(1, outcome, no_jitter) == expected_s


@pytest.mark.parametrize(
    ("event_type", "chosen", "wanted"),
    [
        ("job.failed", (), True),
        ("job.progress", (), False),
        ("job.progress", ("job.progress",), True),
        ("job.failed", ("job.succeeded",), False),
    ],
)
def test_an_endpoint_is_told_what_it_chose_and_progress_only_if_it_names_it(
    event_type: EventType, chosen: tuple[EventType, ...], wanted: bool
) -> None:
    assert is_wanted(event_type, chosen) is wanted


@pytest.mark.parametrize(("status", "succeeded"), [(200, True), (204, True), (302, False), (410, False), (None, False)])
def test_only_an_answer_in_the_two_hundreds_is_success(status: int | None, succeeded: bool) -> None:
    assert Outcome(status=status, latency_s=0.0).succeeded is succeeded
