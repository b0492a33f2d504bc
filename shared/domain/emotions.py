"""The seven displayed expressions, in the order of the model's output."""

from __future__ import annotations

from collections.abc import Sequence

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")  # the order of FER2013's numbers
PENALISED = frozenset({"angry", "disgust", "fear", "surprise"})  # what costs points in both scoring rules


def dominant(probabilities: Sequence[float]) -> str:
    """The label with the largest probability; ties go to the first label."""
    return EMOTIONS[max(range(len(EMOTIONS)), key=probabilities.__getitem__)]
