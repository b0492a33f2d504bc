"""From the primary face's probabilities to scores and moments.

Pure functions of a timeline. Policies are versioned: a changed rule gets a new
name, so that an old result can be computed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from shared.domain.emotions import EMOTIONS, PENALISED

STANDARD_1 = "standard-1"
SIGMA_S = 0.5  # the design's: shorter than an expression, longer than a flicker
CUT_SIGMAS = 3  # the design's: what lies further away weighs about 1 %
MAX_GAP_S = 1.0  # faces further apart in time say nothing about each other
MIN_PROBABILITY = 0.5
MIN_MOMENT_S = 1.0
MIN_COVERAGE = 0.5
MIN_FACE_S = 3.0
EPSILON_S = 1e-6  # sums of interval lengths are compared with bounds as if exact

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The primary face over the whole recording; sample k stands for [k * interval_s, (k + 1) * interval_s)."""

    interval_s: float
    duration_s: float
    t_s: Floats
    """(samples,) presentation time of each sample's frame."""
    seen: NDArray[np.bool_]
    """(samples,) whether the primary face is in the sample."""
    probabilities: NDArray[np.float32]
    """(samples, 7) in the order of EMOTIONS; zeros where the face is not seen."""

    @property
    def starts_s(self) -> Floats:
        return np.arange(len(self.seen), dtype=np.float64) * self.interval_s

    @property
    def spans_s(self) -> Floats:
        """(samples,) how long each sample stands for; the last is clipped at the end of the recording."""
        return np.clip(self.duration_s - self.starts_s, 0.0, self.interval_s)

    @property
    def seen_s(self) -> float:
        return float(self.spans_s[self.seen].sum())


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A moment, as sample numbers [first, after) besides its times."""

    first: int
    after: int
    start_s: float
    end_s: float
    emotion: str
    confidence: float
    peak: int
    """The sample in which the expression is clearest."""

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


def no_score_reason(timeline: Timeline) -> str | None:
    """Why the recording gets no score: no_face, low_coverage, too_short, or None when it gets one."""
    if not timeline.seen.any():
        return "no_face"
    if timeline.seen.mean() < MIN_COVERAGE:
        return "low_coverage"
    return "too_short" if timeline.seen_s < MIN_FACE_S - EPSILON_S else None


def minus_log(timeline: Timeline) -> dict[str, list[str]]:
    """For each penalised emotion that dominates a sample, the times of these samples, in seconds with two decimals."""
    log: dict[str, list[str]] = {}
    labels = timeline.probabilities.argmax(axis=1)
    for sample in np.flatnonzero(timeline.seen):
        if (emotion := EMOTIONS[labels[sample]]) in PENALISED:
            log.setdefault(emotion, []).append(f"{timeline.t_s[sample]:.2f}")
    return {emotion: log[emotion] for emotion in EMOTIONS if emotion in log}


def total_score(log: dict[str, list[str]]) -> int:
    """The prototype's rule: 100 minus one for each penalised sample; falls without bound as recordings get longer."""
    return 100 - sum(len(times) for times in log.values())


def standard_1(timeline: Timeline, moments: list[Stretch]) -> float:
    """100 x (1 - seconds in moments / seconds with the primary face)."""
    return 100 * (1 - sum(moment.length_s for moment in moments) / timeline.seen_s)


def moments_standard_1(timeline: Timeline) -> list[Stretch]:
    """Runs in which one penalised emotion dominates with a smoothed probability of 0.5 or more for 1 s or longer."""
    smoothed = smooth(timeline)
    labels = smoothed.argmax(axis=1)
    penalised = np.isin(labels, [EMOTIONS.index(emotion) for emotion in PENALISED])
    strong = timeline.seen & penalised & (smoothed.max(axis=1) >= MIN_PROBABILITY)
    stretches = (_stretch(timeline, smoothed, run) for run in _runs(np.where(strong, labels, -1)))
    return [stretch for stretch in stretches if stretch.length_s >= MIN_MOMENT_S - EPSILON_S]


def smooth(timeline: Timeline) -> Floats:
    """Probabilities smoothed by a Gaussian over the samples with the face.

    Returns:
        (samples, 7) float64; each row with the face sums to 1, the others are 0.
    """
    groups = _groups(timeline)
    reach = int((CUT_SIGMAS * SIGMA_S + EPSILON_S) / timeline.interval_s)
    total = np.zeros(timeline.probabilities.shape)
    weight = np.zeros(len(groups))
    for offset in range(-reach, reach + 1):
        here, there = _overlap(len(groups), offset)
        same = (groups[here] == groups[there]) & (groups[here] >= 0)
        share = same * np.exp(-0.5 * (offset * timeline.interval_s / SIGMA_S) ** 2)
        total[here] += share[:, None] * timeline.probabilities[there]
        weight[here] += share
    return total / np.where(weight > 0, weight, 1.0)[:, None]


def _groups(timeline: Timeline) -> NDArray[np.int64]:
    """(samples,) numbers of the stretches without a gap above MAX_GAP_S; -1 where the face is not seen."""
    seen = np.flatnonzero(timeline.seen)
    gaps_s = np.diff(seen) * timeline.interval_s
    groups = np.full(len(timeline.seen), -1)
    groups[seen] = np.concatenate([[0], np.cumsum(gaps_s > MAX_GAP_S + EPSILON_S)])[: len(seen)]
    return groups


def _overlap(length: int, offset: int) -> tuple[slice, slice]:
    """Two windows such that each sample of the first stands `offset` before its partner in the second."""
    here = slice(max(0, -offset), max(0, min(length, length - offset)))
    return here, slice(max(0, offset), max(0, min(length, length + offset)))


def _runs(labels: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """[first, after) of neighbours with the same label, without those of -1."""
    borders = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    return ((a, b) for a, b in pairwise(borders) if a < b and labels[a] >= 0)


def _stretch(timeline: Timeline, smoothed: Floats, run: tuple[int, int]) -> Stretch:
    first, after = run
    label = int(smoothed[first].argmax())
    strength = smoothed[first:after, label]
    return Stretch(
        first=first,
        after=after,
        start_s=float(first * timeline.interval_s),
        end_s=float(timeline.starts_s[after - 1] + timeline.spans_s[after - 1]),
        emotion=EMOTIONS[label],
        confidence=float(strength.mean()),
        peak=first + int(strength.argmax()),
    )
