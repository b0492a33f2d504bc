"""Damaged recordings are analysed as far as they decode, and say so."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.errors import MediaUnreadable
from tests.integration.pipeline.conftest import Analyse, make_plan
from tests.recordings import Studio

SMALL: dict[str, Any] = {"width": 320, "height": 180, "duration_s": 10.0, "gop_frames": 25}


@pytest.mark.parametrize(
    "recipe",
    [
        {"fast_start": True},
        {"container": "mkv"},
        {"container": "webm", "codec": "vp9"},
        {"container": "avi", "codec": "mpeg4"},
    ],
    ids=["mp4", "mkv", "webm", "avi"],
)
def test_a_truncated_recording_is_analysed_as_far_as_it_decodes(
    studio: Studio, analyse: Analyse, recipe: dict[str, Any]
) -> None:
    plan, _, summary = analyse(studio.cut_off(0.6, **SMALL, **recipe))
    assert 3 < plan.facts.duration_s < 9
    assert summary.warnings == ("truncated",)
    assert summary.coverage.unreadable == 0
    assert summary.coverage.samples == pytest.approx(plan.facts.duration_s / 0.5, abs=1)


def test_a_transport_stream_that_breaks_off_ends_there(studio: Studio) -> None:
    assert make_plan(studio.cut_off(0.6, **SMALL, container="ts")).facts.duration_s < 9


@pytest.mark.parametrize("recipe", [{}, {"codec": "hevc"}, {"container": "mkv"}], ids=["h264", "hevc", "mkv"])
def test_a_scratch_in_the_middle_is_survived(studio: Studio, analyse: Analyse, recipe: dict[str, Any]) -> None:
    plan, samples, summary = analyse(studio.scratched(0.50, 0.53, **SMALL, **recipe))
    assert plan.facts.duration_s == pytest.approx(10.0, abs=0.1)
    assert summary.coverage.with_face >= 17
    assert all(later.t_s >= earlier.t_s for earlier, later in zip(samples[0], samples[0][1:], strict=False))


def test_unreadable_samples_are_counted_and_warned_about(studio: Studio, analyse: Analyse) -> None:
    _, samples, summary = analyse(studio.scratched(0.42, 0.52, **{**SMALL, "gop_frames": 40}))
    unreadable = [sample.number for sample in samples[0] if sample.status == "unreadable"]
    assert 0 < len(unreadable) <= 2
    assert summary.coverage.unreadable == len(unreadable)
    assert "damaged" in summary.warnings


def test_a_mostly_damaged_recording_is_unreadable(studio: Studio, analyse: Analyse) -> None:
    with pytest.raises(MediaUnreadable, match="samples cannot be decoded"):
        analyse(studio.scratched(0.2, 0.8, **SMALL))


def test_a_recording_without_one_good_frame_is_unreadable(studio: Studio) -> None:
    with pytest.raises(MediaUnreadable):
        make_plan(studio.scratched(0.001, 0.9, **SMALL))
