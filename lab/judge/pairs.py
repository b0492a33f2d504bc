"""Whether two models that saw the same pictures differ by more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

EXACT_BELOW = 25  # discordant pairs; the usual limit for the approximation (Edwards, Psychometrika 13, 1948)

Test = Literal["exact binomial", "chi-squared"]


@dataclass(frozen=True, kw_only=True, slots=True)
class McNemar:
    only_first: int
    """Pictures that only the first model is right about."""
    only_second: int
    test: Test
    p: float
    """How probable so uneven a split is if both are right equally often; two-sided."""


def mcnemar(first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]) -> McNemar:
    """McNemar's test (Psychometrika 12, 1947) on (n,) answers to the same pictures in the same order."""
    only_first = int(np.count_nonzero(first_right & ~second_right))
    only_second = int(np.count_nonzero(second_right & ~first_right))
    exact = only_first + only_second < EXACT_BELOW
    p = _binomial_p(only_first, only_second) if exact else _chi_squared_p(only_first, only_second)
    return McNemar(
        only_first=only_first, only_second=only_second, test="exact binomial" if exact else "chi-squared", p=p
    )


def _binomial_p(one: int, other: int) -> float:
    """Twice the tail of so many heads in throws of a fair coin."""
    throws = one + other
    tail = sum(math.comb(throws, heads) for heads in range(min(one, other) + 1))
    return min(1.0, 2 * tail / float(2**throws))


def _chi_squared_p(one: int, other: int) -> float:
    """With Edwards' correction for continuity; the tail of chi-squared with one degree of freedom."""
    chi_squared = max(abs(one - other) - 1, 0) ** 2 / (one + other)
    return math.erfc(math.sqrt(chi_squared / 2))
