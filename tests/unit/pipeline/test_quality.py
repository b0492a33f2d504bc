"""What is told of the picture of a recording, and what is advised."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.plan import VideoFacts
from shared.domain.samples import Box, Face, Sample
from worker.pipeline.quality import ADVISED, BLURRED, BRIGHT, DARK, SMALL_PX, Quality, quality_of

VIDEO = VideoFacts(duration_s=5.0, width=640, height=360, fps=25.0, rotation=0, codec="h264", sha256="00")
GOOD = Face(
    track=0, box=Box(x=200, y=100, width=90, height=90), probabilities=(0.0,) * 7, brightness=130, sharpness=120
)
CODES = ["dark", "bright", "blurred", "small", "cut_off", "out_of_frame"]


def placed(x: int, y: int, side: int = 90) -> Face:
    return replace(GOOD, box=Box(x=x, y=y, width=side, height=side))


def judged(*faces: Face | None) -> Quality:
    samples = [
        Sample(number=n, t_s=n / 2, status="face" if face else "no_face", faces=(face,) if face else ())
        for n, face in enumerate(faces)
    ]
    return quality_of(samples, faces, VIDEO)


def test_a_good_picture_needs_no_advice() -> None:
    wire = judged(*[GOOD] * 10).to_dict()
    assert wire == {**dict.fromkeys(CODES, 0.0), "face_height": 0.25, "advice": []}


@pytest.mark.parametrize(
    ("face", "advice"),
    [
        (replace(GOOD, brightness=DARK - 1), ["dark"]),
        (replace(GOOD, brightness=DARK), []),
        (replace(GOOD, brightness=BRIGHT + 1), ["bright"]),
        (replace(GOOD, brightness=BRIGHT), []),
        (replace(GOOD, sharpness=BLURRED - 1), ["blurred"]),
        (replace(GOOD, sharpness=BLURRED), []),
        (placed(200, 100, SMALL_PX - 1), ["small"]),
        (placed(200, 100, SMALL_PX), []),
        (replace(placed(200, 100, SMALL_PX - 1), brightness=1, sharpness=1), ["dark", "blurred", "small"]),
    ],
)
def test_each_code_has_its_limit(face: Face, advice: list[str]) -> None:
    assert judged(face).advice == advice


@pytest.mark.parametrize(
    ("x", "y", "is_cut_off"),
    [(9, 9, False), (8, 100, True), (100, 8, True), (541, 261, False), (542, 100, True), (100, 262, True)],
)
def test_a_face_is_cut_off_where_its_margin_leaves_the_picture(x: int, y: int, is_cut_off: bool) -> None:
    assert judged(placed(x, y)).shares["cut_off"] == is_cut_off


def test_what_is_rare_is_told_but_not_advised() -> None:
    dark = replace(GOOD, brightness=10)
    just_tolerable = judged(dark, dark, *[GOOD] * 8)
    assert (just_tolerable.shares["dark"], just_tolerable.advice) == (ADVISED, [])
    assert judged(dark, dark, dark, *[GOOD] * 7).advice == ["dark"]


def test_a_face_that_is_often_away_is_out_of_frame() -> None:
    quality = judged(*[GOOD] * 7, None, None, None)
    assert (quality.shares["out_of_frame"], quality.advice) == (0.3, ["out_of_frame"])
    assert quality.shares["dark"] == 0.0


def test_samples_that_cannot_be_read_say_nothing_about_where_the_face_was() -> None:
    samples = [
        Sample(number=0, t_s=0.0, status="face", faces=(GOOD,)),
        Sample(number=1, t_s=0.5, status="unreadable"),
    ]
    assert quality_of(samples, [GOOD, None], VIDEO).shares["out_of_frame"] == 0.0


def test_without_a_face_there_is_only_that_to_tell() -> None:
    wire = judged(None, None).to_dict()
    unknown: dict[str, Any] = dict.fromkeys(CODES)
    assert wire == {**unknown, "out_of_frame": 1.0, "face_height": None, "advice": ["out_of_frame"]}


def test_without_a_sample_there_is_nothing_to_tell() -> None:
    assert judged().to_dict() == {**dict.fromkeys(CODES), "face_height": None, "advice": []}


def test_faces_that_were_stored_without_measures_are_judged_by_their_boxes() -> None:
    older = replace(placed(0, 100), brightness=None, sharpness=None)
    shares = judged(older, older).shares
    assert [shares[code] for code in CODES] == [None, None, None, 0.0, 1.0, 0.0]


def test_shares_are_of_the_samples_that_were_measured() -> None:
    older = replace(GOOD, brightness=None, sharpness=None)
    assert judged(older, GOOD, replace(GOOD, brightness=10)).shares["dark"] == 0.5


def test_numbers_are_rounded_on_the_wire_only() -> None:
    quality = judged(replace(GOOD, brightness=10), GOOD, GOOD)
    assert quality.shares["dark"] == pytest.approx(1 / 3, abs=1e-9)
    assert quality.to_dict()["dark"] == 0.333
