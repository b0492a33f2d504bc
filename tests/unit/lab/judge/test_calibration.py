"""Confidence is compared with what it turned out to be worth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.judge.calibration import ece, fit_classes, fit_temperature, logits_of, nll, reliability, soften


def sure(confidences: list[float]) -> NDArray[np.float64]:
    """(n, 7) whose first answer is `angry` with these probabilities."""
    rows = np.array([[confidence, *[(1 - confidence) / 6] * 6] for confidence in confidences])
    assert (rows.argmax(axis=1) == 0).all()
    return rows


def labels(right: list[bool]) -> NDArray[np.int64]:
    return np.array([0 if one else 1 for one in right])


def test_the_error_is_the_gap_in_each_bin_weighed_by_its_pictures() -> None:
    table = reliability(sure([0.9, 0.9, 0.5, 0.5]), labels([True, False, True, False]))
    assert ece(table) == pytest.approx((2 * 0.4 + 2 * 0.0) / 4)


def test_bins_are_equally_wide_and_hold_their_upper_end() -> None:
    table = reliability(sure([0.4, 0.41, 1.0]), labels([True, True, True]))
    assert len(table) == 15
    assert [(place, one.pictures) for place, one in enumerate(table) if one.pictures] == [(5, 1), (6, 1), (14, 1)]
    assert (table[5].low, table[5].high) == pytest.approx((1 / 3, 0.4))


def test_an_empty_bin_says_nothing() -> None:
    empty = reliability(sure([0.9]), labels([True]))[0]
    assert (empty.pictures, empty.confidence, empty.accuracy) == (0, None, None)


def test_whoever_is_as_often_right_as_sure_has_no_error() -> None:
    table = reliability(sure([0.75] * 4), labels([True, True, True, False]))
    assert ece(table) == pytest.approx(0, abs=1e-12)


def test_the_likelihood_is_of_what_is_shown() -> None:
    assert nll(sure([0.5, 0.25]), labels([True, True])) == pytest.approx((math.log(2) + math.log(4)) / 2)
    assert nll(np.eye(7)[:1], np.array([3])) == pytest.approx(-math.log(1e-12))


def test_logarithms_of_probabilities_serve_as_logits() -> None:
    rows = sure([0.9, 0.3])
    assert soften(logits_of(rows), 1) == pytest.approx(rows)


def test_a_high_temperature_makes_all_answers_alike() -> None:
    assert soften(np.array([[3.0, 1, 0, 0, 0, 0, 0]]), 1e9) == pytest.approx(np.full((1, 7), 1 / 7))


def test_logits_too_large_for_an_exponential_are_softened_all_the_same() -> None:
    assert soften(np.array([[2000.0, 0, 0, 0, 0, 0, 0]]), 1)[0, 0] == 1.0


def test_the_temperature_of_two_answers_can_be_computed_by_hand() -> None:
    """With odds of 9 to 1 said and 3 to 1 found, log 9 / T = log 3."""
    said = np.array([[math.log(9), 0, *[-50.0] * 5]] * 4)
    assert fit_temperature([said], labels([True, True, True, False])) == pytest.approx(2, abs=1e-4)


def test_a_calibrated_model_is_left_as_it_is() -> None:
    rng = np.random.default_rng(0)
    said = rng.normal(0, 1.5, (20_000, 7))
    drawn = np.array((soften(said, 1).cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1))
    assert fit_temperature([said], drawn) == pytest.approx(1, abs=0.03)
    assert fit_temperature([3 * said], drawn) == pytest.approx(3, abs=0.1)


def test_softening_never_changes_the_first_answer() -> None:
    said = np.random.default_rng(0).normal(0, 3, (100, 7))
    assert (soften(said, 2.5).argmax(axis=1) == said.argmax(axis=1)).all()


def test_views_are_softened_alike_and_then_averaged() -> None:
    said = np.array([[math.log(9), 0, *[-50.0] * 5]] * 4)
    right = labels([True, True, True, False])
    assert fit_temperature([said, said], right) == pytest.approx(fit_temperature([said], right))
    doubtful = np.array([[0.0, 0, *[-50.0] * 5]] * 4)  # half of the weight says 1 to 1
    assert fit_temperature([said, doubtful], right) is None  # the other half can never be sure enough
    less = labels([True, True, True, False, False])  # 3 to 2 said in the mean needs 7 to 3, so log 9 / T = log (7 / 3)
    softer = fit_temperature([np.repeat(said[:1], 5, 0), np.repeat(doubtful[:1], 5, 0)], less)
    assert softer == pytest.approx(math.log(9) / math.log(7 / 3), abs=1e-3)


@pytest.mark.parametrize("right", [True, False])
def test_where_the_best_temperature_is_beyond_the_range_there_is_none(right: bool) -> None:
    """Always right, it could not be sure enough; always wrong, not unsure enough."""
    said = np.array([[math.log(9), 0, *[0.0] * 5]] * 4)
    assert fit_temperature([said], labels([right] * 4)) is None


def test_factors_and_shifts_are_found_again() -> None:
    rng = np.random.default_rng(0)
    said = rng.normal(0, 2, (8_000, 7))
    factors, shifts = np.array([0.7, 1, 1, 1.5, 1, 1, 1]), np.array([0.5, 0, 0, -0.5, 0, 0, 0])
    drawn = np.array((soften(said * factors + shifts, 1).cumsum(axis=1) > rng.random((8_000, 1))).argmax(axis=1))
    found = fit_classes([said], drawn)
    assert found[0] == pytest.approx(factors, abs=0.1)
    assert found[1] == pytest.approx(shifts, abs=0.15)


def test_views_share_their_factors_and_shifts() -> None:
    """The same view twice is one view, and of two that contradict each other the mean is fitted."""
    rng = np.random.default_rng(1)
    said, labels = rng.normal(0, 1, (500, 7)), rng.integers(0, 7, 500)
    once, twice = fit_classes([said], labels), fit_classes([said, said], labels)
    assert np.allclose(once, twice, atol=1e-6)
    two = [said, said[:, ::-1]]
    factors, shifts = fit_classes(two, labels)
    fitted, plain = ([soften(view * f + s, 1) for view in two] for f, s in ((factors, shifts), (1.0, 0.0)))
    assert nll(np.mean(fitted, axis=0), labels) < nll(np.mean(plain, axis=0), labels)
