"""The running mean of a network's weights, which answers better and more steadily than the weights themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Average:
    """Follows weights step by step, at first quickly: early weights are forgotten soon.

    Args:
        kept: Share of the mean that each step keeps in the long run.
    """

    def __init__(self, weights: Sequence[Array], kept: float, steps: int = 0) -> None:
        self.weights = [np.array(weight) for weight in weights]
        self.steps = steps
        self._kept = kept

    def follow(self, weights: Sequence[Array]) -> None:
        """Take one more step's weights in."""
        self.steps += 1
        kept = min(self._kept, self.steps / (10 + self.steps))
        for mean, weight in zip(self.weights, weights, strict=True):
            if np.issubdtype(mean.dtype, np.floating):
                np.multiply(mean, np.float32(kept), out=mean)
                np.add(mean, np.float32(1 - kept) * weight, out=mean)
            else:
                np.copyto(mean, weight)  # what counts something has no mean
