"""Sample times and cuts follow from presentation times alone."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from worker.pipeline.cuts import cut_keys
from worker.pipeline.index import PacketIndex


def index(times_s: Any, keys_s: Any = (), *, last_s: float = 0.04, start_s: float = 0.0) -> PacketIndex:
    base = Fraction(1, 90_000)
    ticks = [np.round(np.asarray(seconds, dtype=float) / float(base)).astype(np.int64) for seconds in (times_s, keys_s)]
    return PacketIndex(
        pts=ticks[0],
        key_pts=ticks[1],
        key_dts=ticks[1],
        clean_key_pts=ticks[1],
        time_base=base,
        start_pts=round(start_s / base),
        last_duration_pts=round(last_s / base),
        longest_end_s=0.0,
        damaged=False,
        trusted=True,
    )


def sampled_s(found: PacketIndex, interval_s: float) -> list[float]:
    return [round(found.seconds(int(pts)), 4) for pts in found.sample_pts(interval_s)]


def test_a_sample_shows_the_last_frame_at_or_before_its_time() -> None:
    assert sampled_s(index([0.0, 0.3, 0.5, 0.9, 1.1, 1.6]), 0.5) == [0.0, 0.5, 0.9, 1.1]


def test_samples_reach_to_the_last_frame_and_no_further() -> None:
    assert len(index(np.arange(25) / 25).sample_pts(0.5)) == 2
    assert len(index(np.arange(26) / 25).sample_pts(0.5)) == 3


@pytest.mark.parametrize("fps", [Fraction(15), Fraction(25), Fraction(30_000, 1001), Fraction(50), Fraction(60)])
def test_every_frame_rate_gives_the_same_number_of_samples(fps: Fraction) -> None:
    found = index([float(number / fps) for number in range(int(60 * fps))])
    assert len(found.sample_pts(0.5)) == 120
    assert max(k * 0.5 - t_s for k, t_s in enumerate(sampled_s(found, 0.5))) <= 1 / fps + 1e-4


def test_a_frame_stands_for_all_samples_until_the_next_comes() -> None:
    assert sampled_s(index([0.0, 2.0]), 0.5) == [0.0, 0.0, 0.0, 0.0, 2.0]


def test_rounding_of_times_does_not_lose_a_frame() -> None:
    assert sampled_s(index(np.arange(0, 2, 0.1)), 0.1) == [round(k * 0.1, 4) for k in range(20)]


def test_time_starts_where_the_stream_starts() -> None:
    found = index([5.0, 5.5, 6.0], start_s=5.0)
    assert sampled_s(found, 0.5) == [0.0, 0.5, 1.0]
    assert found.duration_s == pytest.approx(1.04)


def test_one_frame_gives_one_sample() -> None:
    assert sampled_s(index([0.0], last_s=0.0), 0.5) == [0.0]


def keys_at(length_s: float, keys_s: Any) -> list[float]:
    found = index(np.arange(0, length_s, 0.5), keys_s, last_s=0.5)
    return [float(found.key_pts[key]) / 90_000 for key in cut_keys(found)]


def test_cuts_are_the_key_frames_nearest_to_each_half_minute() -> None:
    assert keys_at(120, np.arange(0, 120, 8)) == [32.0, 56.0, 88.0]


def test_of_two_key_frames_equally_near_the_earlier_is_cut() -> None:
    assert keys_at(55, [0, 28, 32]) == [28.0]


def test_no_cut_within_15_s_of_the_end() -> None:
    assert keys_at(44.5, np.arange(0, 44, 2)) == []
    assert keys_at(45, np.arange(0, 44, 2)) == [30.0]


def test_a_key_frame_is_cut_once() -> None:
    assert keys_at(200, [0, 70]) == [70.0]


def test_without_key_frames_there_is_no_cut() -> None:
    assert keys_at(100, [0.0]) == []
    assert keys_at(100, []) == []
