"""Sparse decoding gives what a full decode gives, at the times that ffprobe lists, whoever did which segment when."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from shared.domain.plan import Plan
from shared.domain.samples import pack_samples
from tests.integration.pipeline.conftest import Analyse, make_plan
from tests.integration.pipeline.reference import sampled_by_full_decode
from tests.recordings import Studio
from worker.analyser import AnalyserLimits
from worker.offline import analyse_recording
from worker.pipeline import frames as frames_module
from worker.pipeline.frames import sample_frames
from worker.pipeline.run import Recording
from worker.pipeline.sparse import wanted_frames
from worker.pool import AnalyserPool

SMALL: dict[str, Any] = {"width": 160, "height": 90, "duration_s": 12.0}
RECIPES: dict[str, dict[str, Any]] = {
    "h264": {},
    "h264-many-b": {"b_frames": 8},
    "h264-no-b": {"b_frames": 0},
    "h264-open-gop": {"open_gop": True, "b_frames": 3},
    "h264-open-gop-ts": {"open_gop": True, "b_frames": 3, "container": "ts"},
    "h264-key-every-10": {"gop_frames": 10},
    "h264-key-every-frame": {"gop_frames": 1},
    "h264-one-key": {"gop_frames": 10_000},
    "h264-intra-refresh": {"gop_frames": 40, "intra_refresh": True, "b_frames": 0},
    "h264-mkv": {"container": "mkv", "start_s": 3.0},
    "h264-60-fps": {"fps": 59.94, "gop_frames": 250},
    "h264-15-fps": {"fps": 15},
    "h264-variable": {"variable_rate": True},
    "h264-10-bit": {"pixel_format": "yuv420p10le"},
    "h264-rotated": {"rotation": 90, "width": 90, "height": 160},
    "h264-interlaced": {"interlaced": True, "height": 92},
    "h264-wide-pixels": {"pixel_shape": "4/3", "width": 120},
    "hevc": {"codec": "hevc"},
    "hevc-open-gop": {"codec": "hevc", "open_gop": True},
    "hevc-10-bit-key-every-10": {"codec": "hevc", "pixel_format": "yuv420p10le", "gop_frames": 10},
    "vp8": {"codec": "vp8", "container": "webm"},
    "vp8-live": {"codec": "vp8", "container": "webm", "live": True, "variable_rate": True},
    "vp9": {"codec": "vp9", "container": "webm"},
    "vp9-live": {"codec": "vp9", "container": "webm", "live": True},
    "av1": {"codec": "av1"},
    "mpeg4": {"codec": "mpeg4"},
    "mpeg4-key-every-10": {"codec": "mpeg4", "gop_frames": 10},
    "mpeg4-avi": {"codec": "mpeg4", "container": "avi", "b_frames": 0},
    "mjpeg": {"codec": "mjpeg", "container": "mov", "pixel_format": "yuvj420p"},
}


@pytest.fixture(params=RECIPES, scope="module")
def footage(request: pytest.FixtureRequest, studio: Studio) -> Path:
    from fractions import Fraction

    recipe = dict(RECIPES[request.param])
    if "pixel_shape" in recipe:
        recipe["pixel_shape"] = Fraction(recipe["pixel_shape"])
    return studio.record(**{**SMALL, **recipe})


@pytest.fixture
def only_sparse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes it an error to fall back to a full decode."""

    def refuse(*_: Any) -> Iterator[Any]:
        raise AssertionError("a wanted frame did not come out of the sparse decode")

    monkeypatch.setattr(frames_module, "_frames_of_segment", refuse)


@pytest.mark.usefixtures("only_sparse")
def test_sparse_decoding_gives_every_wanted_frame_bit_for_bit(footage: Path) -> None:
    plan = make_plan(footage)
    expected = sampled_by_full_decode(footage, 0.5)
    assert plan.trusted_pts
    with Recording(footage) as recording:
        for segment in plan.segments:
            for frame in sample_frames(recording, plan, segment, lambda: None):
                time_s, luma = expected[frame.number]
                assert frame.t_s == pytest.approx(time_s - expected[0][0], abs=1e-9)
                assert np.array_equal(frame.luma, luma)  # type: ignore[arg-type]


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="needs ffprobe (Debian: apt-get install ffmpeg)")
def test_planned_times_are_in_the_list_that_ffprobe_makes_of_the_frames(footage: Path) -> None:
    plan = make_plan(footage)
    shown_s = frame_times_s(footage)
    expected_s = [max(t for t in shown_s if t <= k * 0.5 + 2e-6) for k in range(int((shown_s[-1] + 1e-6) / 0.5) + 1)]
    planned_s = [
        float((pts - plan.start_pts) * plan.time_base) for segment in plan.segments for pts in segment.frame_pts
    ]
    assert planned_s == pytest.approx(expected_s, abs=2e-6)  # ffprobe prints microseconds


def frame_times_s(path: Path) -> list[float]:
    """Presentation times of all decoded frames, the first at zero."""
    about = "frame=best_effort_timestamp_time:stream=start_time"
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", about, "-of", "json", str(path)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    times_s = sorted(float(frame["best_effort_timestamp_time"]) for frame in found["frames"])
    return [t_s - times_s[0] for t_s in times_s]


@pytest.mark.parametrize(("gop_frames", "share"), [(1, 0.1), (10, 0.6)])
def test_groups_without_a_wanted_frame_are_not_decoded(studio: Studio, gop_frames: int, share: float) -> None:
    path = studio.record(**SMALL, gop_frames=gop_frames, b_frames=0)
    assert fed(path) <= share * 300


def test_frames_that_nothing_refers_to_are_passed_over(studio: Studio) -> None:
    path = studio.record(**SMALL, b_frames=3)
    plan = make_plan(path)
    with Recording(path) as recording:
        came_out: list[Any] = []
        decode = recording.decode
        recording.decode = lambda packet: came_out.extend(got := decode(packet)) or got  # type: ignore[method-assign, func-returns-value]
        list(sample_frames(recording, plan, plan.segments[0], lambda: None))
    assert plan.samples_total < len(came_out) < 250


def fed(path: Path) -> int:
    """How many packets reach the decoder for all samples of a recording of one segment."""
    plan = make_plan(path)
    packets: list[Any] = []
    with Recording(path) as recording:
        decode = recording.decode
        recording.decode = lambda packet: packets.append(packet) or decode(packet)  # type: ignore[method-assign, func-returns-value]
        list(sample_frames(recording, plan, plan.segments[0], lambda: None))
    return len(packets)


def test_a_lost_wanted_frame_is_sought_again_by_a_full_decode(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    path = studio.record(**SMALL)
    plan = make_plan(path)
    with Recording(path) as recording:
        expected = [frame.luma for frame in sample_frames(recording, plan, plan.segments[0], lambda: None)]
    monkeypatch.setattr(frames_module, "wanted_frames", lambda *given: every_third_lost(wanted_frames(*given)))
    with Recording(path) as recording:
        shown = list(sample_frames(recording, plan, plan.segments[0], lambda: None))
    assert all(np.array_equal(frame.luma, luma) for frame, luma in zip(shown, expected, strict=True))  # type: ignore[arg-type]


def every_third_lost(frames: Iterator[Any]) -> Iterator[Any]:
    return (frame for number, frame in enumerate(frames) if number % 3 != 2)


LONG: dict[str, Any] = {"width": 320, "height": 180, "duration_s": 100.0, "fps": 10, "gop_frames": 50}


def test_any_number_of_analysers_gives_the_same_bytes(studio: Studio) -> None:
    path = studio.record(**LONG)
    results = {size: analysed_by(size, path) for size in (1, 2, 7)}
    assert results[1] == results[2] == results[7]


def analysed_by(size: int, path: Path) -> tuple[str, tuple[bytes, ...]]:
    """Summary and samples of a recording, by as many real analysers as are asked for."""
    pool = AnalyserPool(size, AnalyserLimits())
    with closing(pool):
        analysis = analyse_recording(path, Options(), MediaLimits(), pool, lambda *_: None)
    return json.dumps(analysis.summary), tuple(pack_samples(analysis.samples[index]) for index in range(3))


def test_the_order_of_segments_and_retries_change_nothing(studio: Studio, analyse: Analyse) -> None:
    path = studio.record(**LONG)
    _, forwards, one = analyse(path)
    _, backwards, other = analyse(path, backwards=True)
    _, again, third = analyse(path)
    for index in forwards:
        assert pack_samples(forwards[index]) == pack_samples(backwards[index]) == pack_samples(again[index])
    assert one == other == third


def test_plans_survive_their_way_through_the_database(studio: Studio) -> None:
    plan = make_plan(studio.record(**SMALL, gop_frames=10))
    assert any(segment.key_pts for segment in plan.segments)
    assert Plan.of(json.loads(json.dumps(plan.to_dict()))) == plan


def test_skipping_only_ever_leads_forward(studio: Studio) -> None:
    plan = make_plan(studio.record(**LONG))
    for segment in plan.segments:
        assert all(a < b for a, b in pairwise((segment.start_pts, *segment.key_pts)))
