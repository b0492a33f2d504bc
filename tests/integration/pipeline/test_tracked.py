"""The tracked detector finds what the exhaustive one finds, with a fraction of the looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from shared.domain.options import Options
from shared.domain.samples import Box
from tests.integration.pipeline.conftest import Analyse
from tests.recordings import Studio
from tests.scene import Scene
from worker.pipeline.faces import ExhaustiveDetector, TrackedDetector, min_face_px
from worker.pipeline.luma import Luma
from worker.pipeline.pyramid import Area, Pyramid, largest_first, load_cascade

EVERYTHING = Area(x=320, y=180, reach_px=10_000, min_px=24, max_px=10_000)


def pictured(scene: Scene, t_s: float, width: int = 640, height: int = 360) -> Luma:
    return np.asarray(cv2.cvtColor(scene.picture(t_s, width, height), cv2.COLOR_BGR2GRAY), dtype=np.uint8)


@dataclass
class Cinema:
    """Shows a detector one picture after the other, half a second apart, and counts its looks at whole frames."""

    detector: TrackedDetector = field(default_factory=lambda: TrackedDetector(0.5))
    number: int = 0
    whole: int = 0

    def show(self, luma: Luma, monkeypatch: pytest.MonkeyPatch | None = None) -> list[Box]:
        guesses = Pyramid.guesses

        def counted(pyramid: Pyramid, min_px: int, levels: slice) -> list[Box]:
            self.whole += 1
            return guesses(pyramid, min_px, levels)

        if monkeypatch is not None:
            monkeypatch.setattr(Pyramid, "guesses", counted)
        found = self.detector.detect(luma, self.number)
        if monkeypatch is not None:
            monkeypatch.setattr(Pyramid, "guesses", guesses)
        self.number += 1
        return found


@pytest.mark.parametrize(("width", "height"), [(640, 360), (1280, 720), (1000, 562), (270, 480)])
@pytest.mark.parametrize("people", [0, 1, 2])
def test_windows_put_together_by_hand_are_opencv_s_own_search(width: int, height: int, people: int) -> None:
    luma = pictured(Scene(people=people), 1.7, width, height)
    whole = Area(x=width / 2, y=height / 2, reach_px=10_000, min_px=min_face_px(height, width), max_px=10_000)
    assert largest_first(Pyramid(load_cascade(), luma).faces_in(whole)) == ExhaustiveDetector().detect(luma, 0)


def test_what_was_looked_at_before_hardly_changes_what_is_found() -> None:
    luma = pictured(Scene(), 1.7, 1280, 720)
    face = ExhaustiveDetector().detect(luma, 0)[-1]
    x, y = face.middle
    area = Area(x, y, 0.2 * face.width, 0.7 * face.width, 1.4 * face.width)
    looked_at = Pyramid(load_cascade(), luma)
    for shift in (-0.2, 0.1, 0.2):
        near = Area(x + shift * face.width, y, 0.15 * face.width, 0.75 * face.width, 1.35 * face.width)
        looked_at.faces_in(near, thorough=False)
        looked_at.faces_in(near)
    for thorough in (False, True):
        fresh = Pyramid(load_cascade(), luma).faces_in(area, thorough=thorough)
        again = looked_at.faces_in(area, thorough=thorough)
        assert len(fresh) == len(again) > 0
        assert all(
            one.overlap(other) > 0.95 for one, other in zip(largest_first(fresh), largest_first(again), strict=True)
        )


def test_a_swaying_face_s_box_is_nearer_to_the_exhaustive_one_than_a_jitter_of_3_percent() -> None:
    scene, cinema, exhaustive, rng = Scene(), Cinema(), ExhaustiveDetector(), np.random.default_rng(0)
    tracked, disturbed = [], []
    for number in range(60):
        luma = pictured(scene, number / 2)
        found, reference = cinema.show(luma), exhaustive.detect(luma, number)[-1]  # the largest may be a collar
        tracked.append(max(box.overlap(reference) for box in found))
        disturbed.append(jittered(reference, rng).overlap(reference))
    assert np.mean(tracked) >= np.mean(disturbed)
    assert min(tracked) > 0.5, "that is another face"


def jittered(box: Box, rng: np.random.Generator) -> Box:
    across, down, growth = (0.03 * rng.uniform(-1, 1, 3)).tolist()
    width = box.width * (1 + growth)
    x, y = box.x + box.width * (0.5 + across) - width / 2, box.y + box.height * (0.5 + down) - width / 2
    return Box(x=round(x), y=round(y), width=round(width), height=round(width))


def test_a_face_in_sight_is_not_sought_over_the_whole_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    cinema = Cinema()
    for number in range(60):
        cinema.show(pictured(Scene(), number / 2), monkeypatch)
    assert cinema.whole == 3  # at 0, 10 and 20 s


def test_two_people_are_both_followed() -> None:
    cinema = Cinema()
    for number in range(24):
        found = cinema.show(pictured(Scene(people=2), number / 2))
        assert len([box for box in found if box.x < 320]) >= 1
        assert len([box for box in found if box.x >= 320]) >= 1


def test_who_leaves_and_comes_back_is_found_at_once() -> None:
    scene, cinema = Scene(away=((3.0, 6.0),)), Cinema()
    seen = [bool(cinema.show(pictured(scene, number / 2))) for number in range(20)]
    assert seen == [not 6 <= number < 12 for number in range(20)]


def test_after_a_cut_the_face_is_found_in_its_new_place() -> None:
    luma, cinema = pictured(Scene(), 0.0), Cinema()
    for picture in (luma, np.ascontiguousarray(np.roll(luma, 250, axis=1)), np.ascontiguousarray(luma[:, ::-1])):
        found, reference = cinema.show(picture), ExhaustiveDetector().detect(picture, 0)
        assert max(found[0].overlap(box) for box in reference) > 0.9


def test_a_newcomer_is_found_within_ten_seconds() -> None:
    alone = pictured(Scene(), 0.0)
    together, cinema = alone.copy(), Cinema()
    small = cv2.resize(alone, (160, 90))
    together[20:110, 10:170] = small
    assert len(cinema.show(alone)) == 1
    counts = [len(cinema.show(together)) for _ in range(20)]
    assert counts[-1] == len(ExhaustiveDetector().detect(together, 0))
    assert all(a <= b for a, b in pairwise(counts))


def test_a_missing_second_person_does_not_cost_a_whole_search_at_every_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    both = pictured(Scene(people=2), 0.0)
    one = both.copy()
    one[:, 320:] = 128
    cinema = Cinema()
    cinema.show(both, monkeypatch)
    for _ in range(19):
        cinema.show(one, monkeypatch)
    assert 3 <= cinema.whole <= 7


@pytest.mark.parametrize(("width", "height"), [(16, 16), (24, 24), (23, 400), (64, 36)])
def test_tiny_pictures_have_no_face_and_no_fault(width: int, height: int) -> None:
    luma: Any = np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)
    assert Cinema().show(luma) == []


def test_the_same_pictures_give_the_same_boxes() -> None:
    pictures = [pictured(Scene(), number / 2) for number in range(12)]
    one, other = Cinema(), Cinema()
    assert [one.show(luma) for luma in pictures] == [other.show(luma) for luma in pictures]


def test_both_detectors_tell_the_same_story(studio: Studio, analyse: Analyse) -> None:
    path = studio.record(duration_s=20.0, width=640, height=360)
    _, _, tracked = analyse(path)
    _, _, exhaustive = analyse(path, Options(detector="exhaustive"))
    assert [moment.emotion for moment in tracked.moments] == [moment.emotion for moment in exhaustive.moments]
    assert tracked.coverage.with_face >= exhaustive.coverage.with_face * 0.98


def test_two_people_keep_their_tracks_over_a_segment_border(studio: Studio, analyse: Analyse) -> None:
    path = studio.record(scene=Scene(people=2), duration_s=50.0, fps=10, width=640, height=360, gop_frames=50)
    plan, _, summary = analyse(path)
    long_ones = [track for track in summary.tracks if track.samples > 80]
    assert len(plan.segments) == 2
    assert len(long_ones) == 2
    assert all(track.first_s < 1 and track.last_s > 49 for track in long_ones)
