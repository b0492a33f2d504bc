"""Intervals are those of drawing pictures again."""

from __future__ import annotations

import numpy as np
import pytest

from lab.judge.intervals import bootstrap
from lab.judge.metrics import confusion_of, summaries

RNG = np.random.default_rng(1)
SHOWN = RNG.integers(0, 7, 600)
ANSWERED = np.where(RNG.random(600) < 0.6, SHOWN, RNG.integers(0, 7, 600))
CONFUSION = confusion_of(SHOWN, ANSWERED)


def test_the_same_seed_gives_the_same_interval_and_another_one_nearly() -> None:
    assert bootstrap(CONFUSION) == bootstrap(CONFUSION)
    other = bootstrap(CONFUSION, seed=1)
    assert other != bootstrap(CONFUSION)
    assert other.accuracy == pytest.approx(bootstrap(CONFUSION).accuracy, abs=0.006)


def test_of_an_accuracy_it_is_that_of_the_normal_approximation() -> None:
    accuracy = float(np.trace(CONFUSION) / CONFUSION.sum())
    reach = 1.96 * (accuracy * (1 - accuracy) / 600) ** 0.5
    assert bootstrap(CONFUSION).accuracy == pytest.approx((accuracy - reach, accuracy + reach), abs=0.005)


def test_drawing_cells_is_drawing_pictures() -> None:
    rng = np.random.default_rng(2)
    drawn = [confusion_of(SHOWN[some], ANSWERED[some]) for some in rng.integers(0, 600, (1500, 600))]
    _, balanced, macro_f1 = summaries(np.array(drawn))
    found = bootstrap(CONFUSION)
    assert found.balanced_accuracy == pytest.approx(np.quantile(balanced, [0.025, 0.975]), abs=0.006)
    assert found.macro_f1 == pytest.approx(np.quantile(macro_f1, [0.025, 0.975]), abs=0.006)


def test_a_model_that_is_always_right_cannot_be_drawn_worse() -> None:
    assert bootstrap(confusion_of(SHOWN, SHOWN)).macro_f1 == (1.0, 1.0)
