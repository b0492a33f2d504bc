"""How far figures would move if other pictures of the same kind had been drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.judge.metrics import Confusion, Ratios, summaries

RESAMPLES = 2000  # the ends of a 95 % interval of an accuracy move by 0.001 between seeds
LEVEL = 0.95
SEED = 0

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Intervals:
    accuracy: Interval
    balanced_accuracy: Interval
    macro_f1: Interval


def bootstrap(confusion: Confusion, seed: int = SEED, resamples: int = RESAMPLES) -> Intervals:
    """Percentile intervals over pictures drawn again with replacement (Efron, Annals of Statistics 7, 1979).

    Which pictures are drawn matters to these figures only by the cell of the confusion matrix that each falls into,
    so the cells are drawn from the multinomial distribution that drawing pictures gives them.

    Args:
        confusion: (7, 7), not empty.
    """
    pictures = int(confusion.sum())
    cells = np.random.default_rng(seed).multinomial(pictures, confusion.ravel() / pictures, size=resamples)
    accuracy, balanced_accuracy, macro_f1 = summaries(cells.reshape(-1, *confusion.shape))
    return Intervals(
        accuracy=_middle(accuracy), balanced_accuracy=_middle(balanced_accuracy), macro_f1=_middle(macro_f1)
    )


def _middle(values: Ratios) -> Interval:
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
