"""McNemar's test gives what can be computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.judge.pairs import McNemar, mcnemar


def of_counts(only_first: int, only_second: int, both: int = 5, neither: int = 3) -> McNemar:
    first = np.array([True] * only_first + [False] * only_second + [True] * both + [False] * neither)
    second = np.array([False] * only_first + [True] * only_second + [True] * both + [False] * neither)
    return mcnemar(first, second)


def test_few_discordant_pairs_are_thrown_like_coins() -> None:
    found = of_counts(1, 9)
    assert (found.only_first, found.only_second, found.test) == (1, 9, "exact binomial")
    assert found.p == 2 * (1 + 10) / 2**10


def test_many_are_compared_with_chi_squared_corrected_for_continuity() -> None:
    found = of_counts(10, 25)
    assert found.test == "chi-squared"
    assert found.p == pytest.approx(math.erfc(math.sqrt(14**2 / 35 / 2)))
    assert found.p == pytest.approx(0.01796, abs=1e-5)  # of 5.6 with one degree of freedom, from tables


def test_both_ways_agree_where_they_meet() -> None:
    exact, approximate = of_counts(8, 16), of_counts(8, 17)
    assert exact.test != approximate.test
    assert exact.p == pytest.approx(0.1516, abs=1e-4)
    assert approximate.p == pytest.approx(0.1096, abs=1e-4)


@pytest.mark.parametrize(("one", "other"), [(0, 0), (4, 4), (40, 40)])
def test_models_that_are_right_equally_often_do_not_differ(one: int, other: int) -> None:
    assert of_counts(one, other).p == 1.0


def test_pictures_that_both_get_right_or_wrong_do_not_count() -> None:
    assert of_counts(3, 30, both=0, neither=0) == of_counts(3, 30, both=900, neither=90)


def test_which_model_comes_first_does_not_matter() -> None:
    assert of_counts(12, 31).p == of_counts(31, 12).p
