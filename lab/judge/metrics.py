"""How often a model is right, from the pictures' labels and its answers.

Everything that is not about confidence follows from the confusion matrix, so that is counted once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.emotions import EMOTIONS

Labels = NDArray[np.int64]
Confusion = NDArray[np.int64]
Ratios = NDArray[np.float64]

CLASSES = len(EMOTIONS)


@dataclass(frozen=True, kw_only=True, slots=True)
class OfClass:
    precision: float
    """Of the pictures that were given this label, how many have it; 0 where none was given it."""
    recall: float
    """Of the pictures that have this label, how many were given it; 0 where none has it."""
    f1: float
    support: int
    """Pictures that have this label."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    accuracy: float
    balanced_accuracy: float
    """The mean recall of the classes that occur."""
    macro_f1: float
    """The mean F1 of the classes that occur or were answered."""


def confusion_of(labels: Labels, answers: Labels) -> Confusion:
    """Count who was taken for whom.

    Args:
        labels: (n,) whole numbers, places in EMOTIONS: what the pictures show.
        answers: (n,) whole numbers, places in EMOTIONS: what the model says.

    Returns:
        (7, 7); a row for each label, a column for each answer.
    """
    cells = np.bincount(labels.astype(np.int64) * CLASSES + answers, minlength=CLASSES**2)
    return cells.reshape(CLASSES, CLASSES)


def scores_of(confusion: Confusion) -> Scores:
    accuracy, balanced_accuracy, macro_f1 = summaries(confusion[None])
    return Scores(
        accuracy=float(accuracy[0]), balanced_accuracy=float(balanced_accuracy[0]), macro_f1=float(macro_f1[0])
    )


def summaries(confusions: Confusion) -> tuple[Ratios, Ratios, Ratios]:
    """Accuracy, balanced accuracy and macro-F1 of many confusion matrices at once.

    Args:
        confusions: (m, 7, 7), none of them empty.

    Returns:
        Three times (m,) float64 in [0, 1].
    """
    right, shown, answered = _margins(confusions)
    accuracy = right.sum(axis=1) / shown.sum(axis=1)
    recall, f1 = _divided(right, shown), _divided(2 * right, shown + answered)
    return accuracy, _mean_where(recall, shown > 0), _mean_where(f1, shown + answered > 0)


def classes_of(confusion: Confusion) -> dict[str, OfClass]:
    """By emotion."""
    right, shown, answered = (counts[0] for counts in _margins(confusion[None]))
    precision, recall, f1 = _divided(right, answered), _divided(right, shown), _divided(2 * right, shown + answered)
    return {
        emotion: OfClass(
            precision=float(precision[at]), recall=float(recall[at]), f1=float(f1[at]), support=int(shown[at])
        )
        for at, emotion in enumerate(EMOTIONS)
    }


def _margins(confusions: Confusion) -> tuple[Confusion, Confusion, Confusion]:
    """(m, 7) each: answered rightly, shown, answered."""
    return np.diagonal(confusions, axis1=1, axis2=2), confusions.sum(axis=2), confusions.sum(axis=1)


def _divided(part: Confusion, whole: Confusion) -> Ratios:
    """0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def _mean_where(values: Ratios, counts: NDArray[np.bool_]) -> Ratios:
    return np.asarray((values * counts).sum(axis=1) / counts.sum(axis=1))
