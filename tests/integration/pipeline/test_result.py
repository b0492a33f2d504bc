"""The same scene gives the same result, however it was filmed and in whatever order it is analysed."""

from __future__ import annotations

import gc
from typing import Any

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame

from shared.domain.emotions import PENALISED
from shared.domain.options import Options
from shared.domain.samples import Box, pack_samples
from tests.integration.pipeline.conftest import Analyse
from tests.recordings import Studio
from tests.scene import INTERVIEW, Scene
from worker.pipeline.run import Recording, Summary, moment_picture
from worker.pipeline.score import EPSILON_S

LENGTH_S = 18.0
RATES: list[dict[str, Any]] = [
    {"fps": 15},
    {"fps": 29.97},
    {"fps": 50},
    {"fps": 60},
    {"variable_rate": True},
    {"codec": "vp9", "container": "webm", "live": True},
]


def film(studio: Studio, analyse: Analyse, **recipe: Any) -> Summary:
    return analyse(studio.record(**{"duration_s": LENGTH_S, **recipe}))[2]


@pytest.fixture(scope="module")
def at_25_fps(studio: Studio, analyse: Analyse) -> Summary:
    return film(studio, analyse, fps=25)


def test_the_test_scene_shows_what_its_script_says(at_25_fps: Summary) -> None:
    assert [moment.emotion for moment in at_25_fps.moments] == ["surprise", "angry"]
    assert [moment.start_s for moment in at_25_fps.moments] == pytest.approx([4.5, 12.5], abs=0.5)
    assert [moment.end_s for moment in at_25_fps.moments] == pytest.approx([8.5, 16.5], abs=0.5)
    assert {emotion for _, emotion in INTERVIEW} & PENALISED == {"surprise", "angry"}
    assert at_25_fps.coverage.ratio == 1.0
    assert at_25_fps.emotions["happy"] > 0.2


@pytest.mark.parametrize("recipe", RATES, ids=lambda recipe: "-".join(f"{k}={v}" for k, v in recipe.items()))
def test_the_frame_rate_does_not_change_the_result(
    studio: Studio, analyse: Analyse, at_25_fps: Summary, recipe: dict[str, Any]
) -> None:
    summary = film(studio, analyse, **recipe)
    assert summary.coverage.samples == pytest.approx(at_25_fps.coverage.samples, abs=1)
    assert summary.score.value == pytest.approx(at_25_fps.score.value, abs=3)
    assert len(summary.moments) == len(at_25_fps.moments)
    for moment, expected in zip(summary.moments, at_25_fps.moments, strict=True):
        assert moment.emotion == expected.emotion
        assert moment.start_s == pytest.approx(expected.start_s, abs=0.5 + EPSILON_S)
        assert moment.end_s == pytest.approx(expected.end_s, abs=0.5 + EPSILON_S)


def test_the_order_of_segments_does_not_change_a_byte(studio: Studio, analyse: Analyse) -> None:
    path = studio.record(duration_s=50.0, fps=5, width=240, height=136, gop_frames=25)
    plan, forwards, summary = analyse(path)
    _, backwards, same = analyse(path, backwards=True)
    assert len(plan.segments) == 2
    assert [pack_samples(forwards[i]) for i in sorted(forwards)] == [
        pack_samples(backwards[i]) for i in sorted(backwards)
    ]
    assert same == summary


def test_a_face_keeps_its_track_across_segments(studio: Studio, analyse: Analyse) -> None:
    _, _, summary = analyse(studio.record(duration_s=50.0, fps=5, width=240, height=136, gop_frames=25))
    primary = next(track for track in summary.tracks if track.primary)
    assert primary.samples >= 95
    assert len(summary.track_mapping) == 2
    for joined in summary.track_mapping.values():
        assert primary.id in joined.values()


def test_no_face_gives_no_score(studio: Studio, analyse: Analyse) -> None:
    _, _, summary = analyse(studio.record(scene=Scene(people=0), duration_s=4.0))
    assert summary.score.value is None
    assert summary.total_score is None
    assert summary.score.reason == "no_face"
    assert summary.to_dict()["coverage"]["ratio"] == 0.0


def test_two_faces_are_followed_apart(studio: Studio, analyse: Analyse) -> None:
    path = studio.record(scene=Scene(people=2), width=640, duration_s=4.0)
    _, _, summary = analyse(path)
    assert [track.samples for track in summary.tracks][:2] == [8, 8]
    assert sum(track.primary for track in summary.tracks) == 1
    assert len(analyse(path, Options(faces="primary"))[2].tracks) == 1


def test_a_face_that_leaves_and_returns_is_one_track(studio: Studio, analyse: Analyse) -> None:
    _, _, summary = analyse(studio.record(scene=Scene(away=((2.0, 4.0),)), duration_s=6.0))
    assert len(summary.tracks) == 1
    assert summary.coverage.longest_gap_s == pytest.approx(2.0)


def test_a_finer_interval_sees_more_samples(studio: Studio, analyse: Analyse) -> None:
    _, samples, summary = analyse(studio.record(duration_s=2.0), Options(interval_s=0.1))
    assert summary.coverage.samples == 20
    assert [sample.number for sample in samples[0]] == list(range(20))


def test_a_moment_has_a_colour_picture_of_the_upright_frame(studio: Studio, analyse: Analyse) -> None:
    path = studio.record(duration_s=8.0, rotation=180)
    plan, _, summary = analyse(path)
    moment = summary.moments[0]
    with Recording(path) as recording:
        boxed = moment_picture(recording, plan, moment.peak_t_s, moment.peak_box)
        bare = moment_picture(recording, plan, moment.peak_t_s, None)
    pictures = [cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR) for jpeg in (boxed, bare)]
    expected = Scene().picture(moment.peak_t_s, 480, 270)
    assert pictures[1] is not None
    assert np.abs(pictures[1].astype(int) - expected).mean() < 8
    assert differs_only_around(moment.peak_box, *pictures)


def differs_only_around(box: Box, boxed: Any, bare: Any) -> bool:
    rows, columns = np.nonzero(np.abs(boxed.astype(int) - bare).max(axis=2) > 60)
    inside = (rows > box.y + 8) & (rows < box.y + box.height - 8)
    inside &= (columns > box.x + 8) & (columns < box.x + box.width - 8)
    return len(rows) > 50 and not inside.any()


def test_pictures_are_freed_without_waiting_for_the_garbage_collector(studio: Studio, analyse: Analyse) -> None:
    path = studio.record(duration_s=6.0, fps=10, width=240, height=136)
    gc.collect()
    gc.disable()
    try:
        analyse(path)
        alive = sum(isinstance(thing, VideoFrame) for thing in gc.get_objects())
    finally:
        gc.enable()
    assert alive <= 2
