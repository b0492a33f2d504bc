"""Frames are sampled by their presentation times, in every container, codec and cut."""

from __future__ import annotations

import os
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from shared.domain.plan import Plan
from tests.integration.pipeline.conftest import make_plan
from tests.integration.pipeline.reference import sampled_by_full_decode
from tests.recordings import Studio
from worker.pipeline.frames import SampledFrame, sample_frames
from worker.pipeline.luma import Luma, to_full_range
from worker.pipeline.run import Recording

SMALL: dict[str, Any] = {"width": 160, "height": 90}
LONG: dict[str, Any] = {**SMALL, "duration_s": 64.0, "fps": 10}
"""Long enough to be cut once: the second multiple of 30 s is too close to the end."""


def sampled(path: Any, plan: Plan) -> list[SampledFrame]:
    with Recording(path) as recording:
        return [frame for segment in plan.segments for frame in sample_frames(recording, plan, segment, lambda: None)]


def on_one_scale(frame: SampledFrame) -> Luma:
    assert frame.luma is not None
    return frame.luma if frame.full_range else to_full_range(frame.luma)


@pytest.mark.parametrize(
    "recipe",
    [
        {"gop_frames": 50},
        {"gop_frames": 50, "open_gop": True, "b_frames": 3},
        {"gop_frames": 50, "open_gop": True, "b_frames": 3, "container": "ts"},
        {"gop_frames": 40, "intra_refresh": True, "b_frames": 0},
        {"gop_frames": 600},
        {"gop_frames": 50, "codec": "hevc", "open_gop": True},
        {"gop_frames": 50, "codec": "vp9", "container": "webm"},
        {
            "gop_frames": 50,
            "codec": "vp8",
            "container": "webm",
            "live": True,
            "variable_rate": True,
            "duration_s": 46.0,
        },
        {"gop_frames": 50, "codec": "mpeg4", "container": "avi"},
        {"gop_frames": 50, "container": "mkv", "start_s": 3.0},
    ],
    ids=lambda recipe: "-".join(str(value) for value in recipe.values()),
)
def test_segments_show_what_a_full_decode_shows(studio: Studio, recipe: dict[str, Any]) -> None:
    path = studio.record(**{**LONG, **recipe})
    plan = make_plan(path)
    expected = sampled_by_full_decode(path, 0.5)
    frames = sampled(path, plan)
    assert [frame.number for frame in frames] == list(range(len(expected)))
    for frame, (time_s, luma) in zip(frames, expected, strict=True):
        assert frame.t_s - frames[0].t_s == pytest.approx(time_s - expected[0][0], abs=1e-9)
        assert frame.luma is not None
        assert np.array_equal(frame.luma, luma)


@pytest.mark.parametrize(("gop_frames", "segments"), [(50, 2), (700, 1)])
def test_a_recording_is_cut_at_key_frames_only(studio: Studio, gop_frames: int, segments: int) -> None:
    plan = make_plan(studio.record(**{**LONG, "gop_frames": gop_frames}))
    starts_s = [float((segment.start_pts - plan.start_pts) * plan.time_base) for segment in plan.segments]
    assert len(starts_s) == segments
    assert starts_s == pytest.approx([0.0, 30.0][:segments])


def test_intra_refresh_is_decoded_from_an_earlier_key_frame(studio: Studio) -> None:
    plan = make_plan(studio.record(**LONG, gop_frames=40, intra_refresh=True, b_frames=0))
    assert all(segment.seek_pts < segment.start_pts for segment in plan.segments[1:])


def test_segments_tile_the_samples(studio: Studio) -> None:
    plan = make_plan(studio.record(**LONG, gop_frames=50))
    counted = 0
    for segment in plan.segments:
        assert segment.first_sample == counted
        counted += len(segment.frame_pts)
    assert counted == plan.samples_total


@pytest.mark.parametrize(
    ("recipe", "rotation"),
    [({}, 0), ({"rotation": 180}, 180), ({"rotation": 90, "width": 90, "height": 160}, 90), ({"rotation": 270}, 270)],
)
def test_a_picture_is_turned_upright(studio: Studio, recipe: dict[str, Any], rotation: int) -> None:
    path = studio.record(**{**SMALL, "duration_s": 1.0, **recipe})
    plan = make_plan(path)
    upright = studio.record(duration_s=1.0, width=plan.facts.width, height=plan.facts.height)
    shown, expected = sampled(path, plan)[0].luma, sampled(upright, make_plan(upright))[0].luma
    assert plan.facts.rotation == rotation
    assert shown is not None
    assert expected is not None
    assert np.abs(shown.astype(int) - expected).mean() < 3


@pytest.mark.parametrize(
    "recipe",
    [
        {"full_range": True},
        {"codec": "hevc", "pixel_format": "yuv420p10le"},
        {"codec": "mjpeg", "container": "mov", "pixel_format": "yuvj420p"},
        {"width": 120, "pixel_shape": Fraction(4, 3)},
        {"interlaced": True, "height": 92},
        {"pixel_format": "yuv444p"},
        {"codec": "av1"},
    ],
    ids=str,
)
def test_depth_range_and_pixel_shape_do_not_change_the_luma(studio: Studio, recipe: dict[str, Any]) -> None:
    plain = studio.record(**{**SMALL, "duration_s": 1.0, "height": recipe.get("height", 90)})
    path = studio.record(**{**SMALL, "duration_s": 1.0, **recipe})
    shown, expected = on_one_scale(sampled(path, make_plan(path))[1]), on_one_scale(sampled(plain, make_plan(plain))[1])
    assert shown.shape == expected.shape
    assert abs(shown.mean() - expected.mean()) < 1
    assert np.abs(shown.astype(int) - expected).mean() < 6


def test_a_recording_that_changes_its_size_keeps_one_scale(studio: Studio) -> None:
    path = studio.record(**{**SMALL, "width": 320, "height": 180}, duration_s=4.0, container="ts", resize_at_s=2.0)
    plan = make_plan(path)
    frames = sampled(path, plan)
    assert {frame.luma.shape for frame in frames if frame.luma is not None} == {(180, 320)}
    assert len([frame for frame in frames if frame.luma is not None]) == 8


def test_time_zero_is_the_first_frame_even_when_the_stream_starts_late(studio: Studio) -> None:
    plan = make_plan(studio.record(**SMALL, duration_s=3.0, start_s=5.0, container="ts"))
    assert plan.samples_total == 6
    assert plan.facts.duration_s == pytest.approx(3.0)


def test_one_frame_is_one_sample(studio: Studio) -> None:
    path = studio.record(**SMALL, times_s=(0.0,))
    plan = make_plan(path)
    assert plan.samples_total == 1
    assert len(sampled(path, plan)) == 1


def test_a_live_recording_has_its_true_length(studio: Studio) -> None:
    plan = make_plan(studio.record(**SMALL, duration_s=4.0, codec="vp8", container="webm", live=True))
    assert plan.facts.duration_s == pytest.approx(4.0, abs=0.002)
    assert plan.warnings == ()


def test_frames_reordered_without_times_come_in_the_order_they_are_shown(studio: Studio) -> None:
    path = studio.record(**SMALL, duration_s=6.0, container="avi", b_frames=3)
    reference = studio.record(**SMALL, duration_s=6.0, b_frames=3)
    plan = make_plan(path)
    pairs = zip(sampled(path, plan), sampled(reference, make_plan(reference)), strict=True)
    assert not plan.trusted_pts
    for shown, expected in pairs:
        assert shown.t_s == pytest.approx(expected.t_s)
        assert np.array_equal(shown.luma, expected.luma)  # type: ignore[arg-type]


def test_every_packet_gives_a_sign_of_life(studio: Studio) -> None:
    path = studio.record(**SMALL, duration_s=4.0)
    plan = make_plan(path)
    beats: list[None] = []
    with Recording(path) as recording:
        list(sample_frames(recording, plan, plan.segments[0], lambda: beats.append(None)))
    assert len(beats) >= 90


def test_a_seek_that_lands_elsewhere_is_made_up_for(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    path = studio.record(**LONG, gop_frames=50)
    plan = make_plan(path)
    expected = [frame.luma for frame in sampled(path, plan)]
    seek = Recording.seek
    monkeypatch.setattr(Recording, "seek", lambda recording, pts: seek(recording, pts + 600_000))
    for shown, luma in zip(sampled(path, plan), expected, strict=True):
        assert np.array_equal(shown.luma, luma)  # type: ignore[arg-type]


def test_filming_for_a_test_leaves_its_process_no_more_urgent_than_it_was(studio: Studio) -> None:
    before = os.sched_getscheduler(0)
    studio.record(codec="av1", duration_s=0.5, **SMALL)
    assert os.sched_getscheduler(0) == before
