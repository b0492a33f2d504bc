"""Agreement of two detectors, by values computed by hand."""

from __future__ import annotations

import random

import pytest

from bench.agreement import DRAWS, JITTER, Jittered, Seen, agree, jittered, mean_agreement, primary_faces
from shared.domain.samples import Box
from shared.domain.timeline import CSV_COLUMNS

FACE = Box(x=100, y=50, width=200, height=200)


def seen(box: Box, dominant: str = "happy") -> Seen:
    return Seen(box=box, dominant=dominant)


def moved(x: int) -> Box:
    return Box(x=FACE.x + x, y=FACE.y, width=FACE.width, height=FACE.height)


def row(sample: int, x: object = "", width: object = "", dominant: str = "", primary: int = 0) -> str:
    fields = {
        "t_s": "0.0",
        "sample": sample,
        "primary": primary,
        "x": x,
        "y": x,
        "width": width,
        "height": width,
        "dominant": dominant,
    }
    return ",".join(str(fields.get(name, "")) for name in CSV_COLUMNS)


def test_shares_are_of_the_samples_in_which_the_reference_saw_a_face() -> None:
    reference = {0: seen(FACE), 1: seen(FACE), 2: seen(FACE, "sad"), 3: seen(FACE)}
    other = {0: seen(FACE), 1: seen(moved(100)), 2: seen(FACE, "fear"), 9: seen(FACE)}
    found = agree(reference, other)
    assert (found.with_face, found.found, found.only_other) == (4, 0.75, 1)
    assert found.same_dominant == pytest.approx(2 / 3)
    assert found.mean_iou == pytest.approx((1 + 1 / 3 + 1) / 3)


def test_a_recording_without_faces_agrees_in_nothing() -> None:
    assert agree({}, {}).found == 0.0


def test_the_primary_face_of_each_sample_is_read_from_a_timeline() -> None:
    rows = [row(0, 5, 140, "sad"), row(0, 9, 80, "happy", 1), row(1), row(2, 7, 50, "fear", 1), row(3, 1, 30, "sad")]
    faces = primary_faces("\n".join([",".join(CSV_COLUMNS), *rows]))
    assert faces == {
        0: seen(Box(x=9, y=9, width=80, height=80)),
        2: seen(Box(x=7, y=7, width=50, height=50), "fear"),
    }


def test_jitter_stays_within_its_share_of_the_box() -> None:
    chance, pixel = random.Random(7), 1
    for box in (jittered(FACE, chance) for _ in range(500)):
        assert abs(box.width - FACE.width) <= JITTER * FACE.width + pixel
        assert box.width == box.height
        for off in (box.x + box.width / 2 - 200, box.y + box.height / 2 - 150):
            assert abs(off) <= JITTER * FACE.width + pixel


def test_jitter_disturbs() -> None:
    chance = random.Random(7)
    assert len({jittered(FACE, chance) for _ in range(50)}) > 40


def test_the_same_faces_are_jittered_the_same_way_every_time() -> None:
    reference = {number: seen(FACE) for number in range(5)}
    one, other = ([Jittered(reference).detect(None, number) for number in range(5)] for _ in range(2))
    assert one == other


def test_the_jittering_detector_sees_nothing_where_the_reference_saw_nothing() -> None:
    assert Jittered({1: seen(FACE)}).detect(None, 0) == []


def test_the_jittering_detector_gives_every_face_once_for_each_draw() -> None:
    assert len(Jittered({1: seen(FACE)}).detect(None, 1)) == DRAWS


def test_the_noise_floor_is_the_mean_of_its_draws() -> None:
    reference = {0: seen(FACE), 1: seen(FACE)}
    draws = [agree(reference, {0: seen(FACE)}), agree(reference, {0: seen(FACE), 1: seen(FACE, "sad")})]
    floor = mean_agreement(draws)
    assert (floor.with_face, floor.found, floor.same_dominant) == (2, 0.75, 0.75)
