"""Both scoring rules, checked against numbers worked out by hand."""

from __future__ import annotations

from itertools import pairwise
from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.emotions import EMOTIONS
from worker.pipeline.score import (
    Timeline,
    minus_log,
    moments_standard_1,
    no_score_reason,
    smooth,
    standard_1,
    total_score,
)

ABSENT = "-"
LETTERS = {"a": "angry", "d": "disgust", "f": "fear", "h": "happy", "s": "sad", "u": "surprise", "n": "neutral"}


def timeline(
    script: str, *, interval_s: float = 0.5, duration_s: float | None = None, strength: float = 1.0
) -> Timeline:
    """One letter for each sample: the first of its emotion (u for surprise), or - without a face."""
    rows = [np.full(7, (1 - strength) / 6) if letter != ABSENT else np.zeros(7) for letter in script]
    for row, letter in zip(rows, script, strict=True):
        if letter != ABSENT:
            row[EMOTIONS.index(LETTERS[letter])] = strength
    return Timeline(
        interval_s=interval_s,
        duration_s=len(script) * interval_s if duration_s is None else duration_s,
        t_s=np.arange(len(script), dtype=np.float64) * interval_s,
        seen=np.array([letter != ABSENT for letter in script]),
        probabilities=np.array(rows, dtype=np.float32).reshape(-1, 7),
    )


def test_each_penalised_sample_costs_a_point() -> None:
    log = minus_log(timeline("nnfffnnaun"))
    assert log == {"angry": ["3.50"], "fear": ["1.00", "1.50", "2.00"], "surprise": ["4.00"]}
    assert total_score(log) == 95


def test_happy_sad_and_neutral_cost_nothing() -> None:
    assert minus_log(timeline("hhssnn")) == {}
    assert total_score({}) == 100


def test_total_score_is_not_bounded_below() -> None:
    assert total_score(minus_log(timeline("a" * 150))) == -50


def test_a_tie_goes_to_the_first_label() -> None:
    assert list(minus_log(timeline("nnnnnn", strength=1 / 7))) == ["angry"]


def test_a_gaussian_smooths_over_three_sigmas() -> None:
    weights = [exp(-0.5 * (offset * 0.5 / 0.5) ** 2) for offset in range(-3, 4)]
    smoothed = smooth(timeline("nnnnnnnunnnnnnn"))[:, EMOTIONS.index("surprise")]
    assert smoothed[4:11] == pytest.approx([weight / sum(weights) for weight in weights])
    assert smoothed[[2, 3, 11, 12]] == pytest.approx([0.0] * 4)


def test_weights_are_normalised_at_the_ends() -> None:
    weights = [exp(-0.5 * offset**2) for offset in range(4)]
    assert smooth(timeline("unnnnnnn"))[0, EMOTIONS.index("surprise")] == pytest.approx(1 / sum(weights))


def test_smoothing_passes_over_one_missing_sample_but_no_longer_gap() -> None:
    surprise = EMOTIONS.index("surprise")
    assert smooth(timeline("nnu-nnn"))[4, surprise] > 0
    assert smooth(timeline("nnu--nnn"))[5, surprise] == 0


def test_nothing_is_smoothed_when_samples_are_far_apart() -> None:
    far = timeline("nunn", interval_s=1.25)
    assert np.array_equal(smooth(far), far.probabilities)


def test_a_long_strong_expression_is_a_moment() -> None:
    (moment,) = moments_standard_1(timeline("nnnnnnaaaaaannnnnn"))
    assert (moment.emotion, moment.start_s, moment.end_s) == ("angry", 3.0, 6.0)
    assert 0.5 < moment.confidence < 1
    assert moment.peak in (8, 9)


@pytest.mark.parametrize(("script", "count"), [("nnnnannnn", 0), ("aa", 1), ("a", 0), ("nnhhssnn", 0)])
def test_a_moment_lasts_a_second_at_least(script: str, count: int) -> None:
    assert len(moments_standard_1(timeline(script))) == count


def test_a_weak_expression_is_no_moment() -> None:
    assert moments_standard_1(timeline("aaaaaaaa", strength=0.49)) == []
    assert len(moments_standard_1(timeline("aaaaaaaa", strength=0.51))) == 1


def test_a_sample_without_the_face_ends_a_moment() -> None:
    assert [(m.start_s, m.end_s) for m in moments_standard_1(timeline("aaa-aaa"))] == [(0.0, 1.5), (2.0, 3.5)]


def test_another_expression_starts_another_moment() -> None:
    assert [m.emotion for m in moments_standard_1(timeline("aaaaaaffffff"))] == ["angry", "fear"]


def test_the_last_sample_is_clipped_at_the_end() -> None:
    clipped = timeline("aaaa", duration_s=1.6)
    assert clipped.spans_s == pytest.approx([0.5, 0.5, 0.5, 0.1])
    assert moments_standard_1(clipped)[0].end_s == pytest.approx(1.6)


def test_the_score_is_the_share_of_time_outside_moments() -> None:
    line = timeline("nnnnnnaaaaaannnnnn--")
    assert standard_1(line, moments_standard_1(line)) == pytest.approx(100 * (1 - 3.0 / 9.0))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("------", "no_face"),
        ("", "no_face"),
        ("nnnnnn-------", "low_coverage"),
        ("nnnnnn------", None),
        ("nnnnn", "too_short"),
        ("nnnnnn", None),
        ("n-----", "low_coverage"),
    ],
)
def test_little_of_a_face_gives_a_reason_instead_of_a_score(script: str, reason: str | None) -> None:
    assert no_score_reason(timeline(script)) == reason


@given(st.text(alphabet="adfhsun-", min_size=1, max_size=60), st.sampled_from([0.1, 0.2, 0.5, 1.0, 2.0, 5.0]))
def test_scores_stay_between_0_and_100_and_moments_apart(script: str, interval_s: float) -> None:
    line = timeline(script, interval_s=interval_s)
    moments = moments_standard_1(line)
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(moments))
    if line.seen_s > 0:
        assert -1e-9 <= standard_1(line, moments) <= 100


@given(st.text(alphabet="adfhsun-", min_size=1, max_size=60))
def test_smoothed_probabilities_sum_to_one_where_the_face_is(script: str) -> None:
    line = timeline(script)
    assert smooth(line).sum(axis=1) == pytest.approx(line.seen.astype(float), abs=1e-6)
