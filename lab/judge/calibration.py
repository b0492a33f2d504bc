"""Whether a model is as often right as it is sure, and what of its logits has to be changed to make it so."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.judge.metrics import Labels

Rows = NDArray[np.float32] | NDArray[np.float64]

BINS = 15  # Guo and others, On Calibration of Modern Neural Networks, ICML 2017
LEAST = 1e-12  # a probability of 0 has no logarithm
COLDEST, HOTTEST = 0.05, 20.0
NEAR = 1.001  # so close to an end, the search has run into it
STEPS, STEP = 800, 0.02  # of the descent to factors and shifts
PULL = 1e-3  # holds factors near 1 and shifts near 0 where the pictures say little
GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """Pictures whose first answer has a probability above `low` and up to `high`."""

    low: float
    high: float
    pictures: int
    confidence: float | None
    """Their mean probability; None without pictures."""
    accuracy: float | None
    """How many of them are right; None without pictures."""


def reliability(probabilities: Rows, labels: Labels, bins: int = BINS) -> list[Bin]:
    """What the first answers were worth, in bins of equal width.

    Args:
        probabilities: (n, 7), each row sums to 1.
        labels: (n,) places in EMOTIONS.
    """
    confidence, right = probabilities.max(axis=1).astype(np.float64), probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return [_bin(at, bins, confidence[place == at], right[place == at]) for at in range(bins)]


def ece(table: list[Bin]) -> float:
    """Expected calibration error: how far confidence is from accuracy, in the mean over pictures."""
    gaps = [
        one.pictures * abs(one.confidence - one.accuracy)
        for one in table
        if one.confidence is not None and one.accuracy is not None
    ]
    return sum(gaps) / sum(one.pictures for one in table)


def nll(probabilities: Rows, labels: Labels) -> float:
    """Mean negative logarithm (natural) of the probability that was given to what the pictures show."""
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(given, LEAST)).mean())


def logits_of(probabilities: Rows) -> NDArray[np.float64]:
    """(n, 7) logarithms, which serve as logits: softmax gives the probabilities back."""
    return np.log(np.maximum(probabilities.astype(np.float64), LEAST))


def soften(logits: Rows, temperature: float) -> NDArray[np.float64]:
    """(n, 7) logits to probabilities: softmax(logits / temperature)."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_temperature(views: Sequence[Rows], labels: Labels) -> float | None:
    """The temperature with the least `nll` between COLDEST and HOTTEST; None where it is least at one of these ends.

    Of one view `nll` is convex in 1 / temperature, so there is one minimum and golden section finds it.

    Args:
        views: For each view (n, 7) logits, or `logits_of` probabilities; softened alike and then averaged.
        labels: (n,) of a split that nothing else is measured on.
    """
    cost = lambda at: nll(_averaged(views, math.exp(at)), labels)  # noqa: E731
    found = math.exp(_golden_section(cost, math.log(COLDEST), math.log(HOTTEST)))
    return found if COLDEST * NEAR < found < HOTTEST / NEAR else None


def fit_classes(views: Sequence[Rows], labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A factor and a shift for each class with the least `nll` (vector scaling in Guo and others).

    A temperature alone leaves a model too sure of one expression and too unsure of another.

    Args:
        views: As for `fit_temperature`, divided by a temperature that fits already.

    Returns:
        (7,) factors and (7,) shifts: softmax(logits * factors + shifts).
    """
    at = np.zeros((2, views[0].shape[1]))  # logarithms of the factors, and shifts
    mean, spread = np.zeros_like(at), np.zeros_like(at)
    for step in range(1, STEPS + 1):  # Adam, arXiv 1412.6980
        slope = _slope(views, labels, at)
        mean, spread = 0.9 * mean + 0.1 * slope, 0.999 * spread + 0.001 * slope**2
        at -= STEP * (mean / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.999**step)) + 1e-8)
    return np.exp(at[0]), at[1]


def _slope(views: Sequence[Rows], labels: Labels, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, 7) of the mean negative logarithm of what the averaged views give to the labels, and of the pull."""
    said = [soften(logits * np.exp(at[0]) + at[1], 1) for logits in views]
    rows = np.arange(len(labels))
    given = sum(one[rows, labels] for one in said)
    slope = 2 * PULL * at
    for logits, one in zip(views, said, strict=True):
        wrong = one.copy()
        wrong[rows, labels] -= 1
        wrong *= (one[rows, labels] / np.maximum(given, LEAST))[:, None]
        slope += np.stack([(wrong * logits).mean(axis=0) * np.exp(at[0]), wrong.mean(axis=0)])
    return np.asarray(slope)


def _averaged(views: Sequence[Rows], temperature: float) -> NDArray[np.float64]:
    return np.asarray(np.mean([soften(logits, temperature) for logits in views], axis=0))


def _golden_section(cost: Callable[[float], float], low: float, high: float, steps: int = 40) -> float:
    """Where a function with one minimum has it (Kiefer, Proceedings of the AMS 4, 1953)."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = cost(left), cost(right)
    for _ in range(steps):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = cost(right)
    return (low + high) / 2


def _bin(at: int, bins: int, confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Bin:
    counted = len(confidence)
    return Bin(
        low=at / bins,
        high=(at + 1) / bins,
        pictures=counted,
        confidence=float(confidence.mean()) if counted else None,
        accuracy=float(right.mean()) if counted else None,
    )
