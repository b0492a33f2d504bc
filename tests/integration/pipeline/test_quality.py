"""Bad pictures are told from good ones, on recordings and by the same face in a good and in a bad way."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from shared.domain.options import Options
from shared.domain.samples import Box, pack_samples, unpack_samples
from tests.integration.pipeline.conftest import Analyse
from tests.recordings import Studio
from tests.scene import Scene
from worker.pipeline.clarity import Clarity, clarity_of
from worker.pipeline.emotions import crop_face
from worker.pipeline.faces import ExhaustiveDetector
from worker.pipeline.luma import Luma
from worker.pipeline.quality import BLURRED

ROOM: dict[str, Any] = {"duration_s": 4.0, "fps": 10}
DIM = Scene(light=0.3)  # where the ranges are ten levels apart
BAD: list[tuple[str, dict[str, Any]]] = [
    ("dark", {"scene": Scene(light=0.25)}),
    ("bright", {"scene": Scene(light=1.55)}),
    ("blurred", {"scene": Scene(blur=0.015)}),
    ("small", {"width": 192, "height": 108}),
    ("cut_off", {"width": 120}),
    ("out_of_frame", {"scene": Scene(away=((1.0, 3.0),))}),
]
GOOD: list[dict[str, Any]] = [
    {},
    {"width": 1280, "height": 720},
    {"full_range": True},
    {"rotation": 90, "width": 480, "height": 360},
    {"codec": "vp9", "container": "webm"},
    {"scene": Scene(light=0.5)},
    {"scene": Scene(blur=0.002)},
]


@pytest.mark.parametrize("recipe", GOOD, ids=lambda recipe: "-".join(map(str, recipe)) or "plain")
def test_a_good_recording_gets_no_advice(studio: Studio, analyse: Analyse, recipe: dict[str, Any]) -> None:
    quality = analyse(studio.record(**{**ROOM, **recipe}))[2].quality
    assert quality.advice == []
    assert quality.face_height is not None


@pytest.mark.parametrize(("code", "recipe"), BAD, ids=[code for code, _ in BAD])
def test_a_bad_recording_gets_the_advice_that_mends_it(
    studio: Studio, analyse: Analyse, code: str, recipe: dict[str, Any]
) -> None:
    quality = analyse(studio.record(**{**ROOM, **recipe}))[2].quality
    assert set(quality.advice) - {"out_of_frame"} == {code} - {"out_of_frame"}
    assert code in quality.advice


def test_less_light_is_no_blur_and_blur_no_lack_of_light(studio: Studio, analyse: Analyse) -> None:
    shares = analyse(studio.record(**ROOM, scene=Scene(light=0.5, blur=0.015)))[2].quality.shares
    assert (shares["dark"], shares["blurred"]) == (0.0, 1.0)


def test_the_range_in_which_luma_is_coded_changes_no_brightness(studio: Studio, analyse: Analyse) -> None:
    found = [
        [face.brightness or 0 for sample in analyse(path)[1][0] for face in sample.faces]
        for path in (studio.record(**ROOM, scene=DIM), studio.record(**ROOM, scene=DIM, full_range=True))
    ]
    assert found[0] == pytest.approx(found[1], abs=4)


@pytest.mark.parametrize("detector", ["tracked", "exhaustive"])
def test_every_face_is_measured_and_comes_back_from_storage_as_it_was(
    studio: Studio, analyse: Analyse, detector: Any
) -> None:
    path = studio.record(scene=Scene(people=2), duration_s=3.0, width=640)
    _, samples, _ = analyse(path, Options(detector=detector))
    faces = [face for sample in samples[0] for face in sample.faces]
    assert len(faces) >= 12
    assert all(face.brightness is not None and face.sharpness is not None for face in faces)
    assert unpack_samples(pack_samples(samples[0])) == samples[0]


@pytest.fixture(scope="module")
def portrait() -> tuple[Luma, Box]:
    luma = grey(Scene().picture(1.0, 1280, 720))
    return luma, ExhaustiveDetector().detect(luma, 0)[0]


def grey(picture: Any) -> Luma:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def seen(luma: Any, box: Box) -> Clarity:
    return clarity_of(crop_face(np.asarray(luma, dtype=np.uint8), box))


@pytest.mark.parametrize(("sigma_widths", "is_blurred"), [(0.0, False), (0.01, False), (0.025, True), (0.04, True)])
def test_a_face_is_blurred_by_a_part_of_its_width_whatever_its_size(
    portrait: tuple[Luma, Box], sigma_widths: float, is_blurred: bool
) -> None:
    luma, box = portrait
    soft = cv2.GaussianBlur(luma, (0, 0), sigma_widths * box.width) if sigma_widths else luma
    for scale in (1.0, 0.5, 0.25):
        shrunk = cv2.resize(soft, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        there = Box(**{name: round(getattr(box, name) * scale) for name in ("x", "y", "width", "height")})
        assert (seen(shrunk, there).sharpness < BLURRED) == is_blurred


def test_movement_while_the_shutter_is_open_is_blur(portrait: tuple[Luma, Box]) -> None:
    luma, box = portrait
    far = round(0.12 * box.width)
    assert seen(cv2.blur(luma, (far, 1)), box).sharpness < BLURRED
    assert seen(cv2.blur(luma, (1, far)), box).sharpness < BLURRED


def test_a_sharp_face_in_the_dark_is_sharp(portrait: tuple[Luma, Box]) -> None:
    luma, box = portrait
    assert seen(luma // 4, box).sharpness == pytest.approx(seen(luma, box).sharpness, abs=6)
