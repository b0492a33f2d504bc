"""Figures are those that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lab.judge.metrics import classes_of, confusion_of, scores_of, summaries
from shared.domain.emotions import EMOTIONS

ANGRY, DISGUST, FEAR, HAPPY = range(4)
SHOWN = np.array([ANGRY, ANGRY, ANGRY, ANGRY, DISGUST, DISGUST, FEAR, FEAR])
ANSWERED = np.array([ANGRY, ANGRY, ANGRY, DISGUST, DISGUST, FEAR, FEAR, HAPPY])


def test_who_is_taken_for_whom_is_counted_with_what_is_shown_in_rows() -> None:
    confusion = confusion_of(SHOWN, ANSWERED)
    expected = np.zeros((7, 7), dtype=int)
    expected[ANGRY, ANGRY], expected[ANGRY, DISGUST] = 3, 1
    expected[DISGUST, DISGUST], expected[DISGUST, FEAR] = 1, 1
    expected[FEAR, FEAR], expected[FEAR, HAPPY] = 1, 1
    assert np.array_equal(confusion, expected)


def test_each_class_has_its_precision_recall_and_f1() -> None:
    classes = classes_of(confusion_of(SHOWN, ANSWERED))
    assert list(classes) == list(EMOTIONS)
    angry, disgust, happy = classes["angry"], classes["disgust"], classes["happy"]
    assert (angry.precision, angry.recall, angry.support) == (1.0, 0.75, 4)
    assert angry.f1 == pytest.approx(2 * 0.75 / 1.75)
    assert (disgust.precision, disgust.recall, disgust.f1, disgust.support) == (0.5, 0.5, 0.5, 2)
    assert (happy.precision, happy.recall, happy.f1, happy.support) == (0.0, 0.0, 0.0, 0)


def test_accuracy_counts_pictures_and_balanced_accuracy_counts_classes_that_occur() -> None:
    scores = scores_of(confusion_of(SHOWN, ANSWERED))
    assert scores.accuracy == 5 / 8
    assert scores.balanced_accuracy == pytest.approx((0.75 + 0.5 + 0.5) / 3)


def test_macro_f1_counts_classes_that_occur_or_were_answered() -> None:
    assert scores_of(confusion_of(SHOWN, ANSWERED)).macro_f1 == pytest.approx((6 / 7 + 0.5 + 0.5 + 0) / 4)


def test_a_model_that_is_always_right_has_only_ones() -> None:
    everything = np.repeat(np.arange(7), [3, 1, 2, 5, 4, 1, 2])
    scores = scores_of(confusion_of(everything, everything))
    assert (scores.accuracy, scores.balanced_accuracy, scores.macro_f1) == (1.0, 1.0, 1.0)


def test_one_answer_to_everything_is_worth_a_seventh_in_balance() -> None:
    shown = np.repeat(np.arange(7), [1, 1, 1, 94, 1, 1, 1])
    scores = scores_of(confusion_of(shown, np.full(100, HAPPY)))
    assert scores.accuracy == 0.94
    assert scores.balanced_accuracy == pytest.approx(1 / 7)
    assert scores.macro_f1 == pytest.approx(2 * 0.94 / 1.94 / 7)


def test_many_matrices_are_summed_up_as_each_alone() -> None:
    matrices = np.random.default_rng(0).integers(0, 9, (5, 7, 7))
    accuracy, balanced_accuracy, macro_f1 = summaries(matrices)
    alone = [scores_of(matrix) for matrix in matrices]
    assert accuracy == pytest.approx([one.accuracy for one in alone])
    assert balanced_accuracy == pytest.approx([one.balanced_accuracy for one in alone])
    assert macro_f1 == pytest.approx([one.macro_f1 for one in alone])
