"""Pictures become upright, square and of one size."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from shared.domain.samples import Box
from worker.pipeline.emotions import crop_face
from worker.pipeline.faces import min_face_px
from worker.pipeline.luma import Orientation, fit, upright

ARROW = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.uint8)


@pytest.mark.parametrize(
    ("orientation", "rotation", "expected"),
    [
        (Orientation(), 0, [[1, 2, 3], [4, 5, 6]]),
        (Orientation(transpose=True, mirror_x=True), 90, [[4, 1], [5, 2], [6, 3]]),
        (Orientation(mirror_x=True, mirror_y=True), 180, [[6, 5, 4], [3, 2, 1]]),
        (Orientation(transpose=True, mirror_y=True), 270, [[3, 6], [2, 5], [1, 4]]),
        (Orientation(mirror_x=True), 0, [[3, 2, 1], [6, 5, 4]]),
    ],
)
def test_a_picture_is_turned_clockwise(orientation: Orientation, rotation: int, expected: list[list[int]]) -> None:
    assert upright(ARROW, orientation, None).tolist() == expected
    assert orientation.rotation == rotation


def test_wide_pixels_widen_the_picture() -> None:
    assert upright(np.zeros((90, 120), np.uint8), Orientation(), Fraction(4, 3)).shape == (90, 160)


def test_an_absurd_pixel_shape_is_ignored() -> None:
    assert upright(np.zeros((90, 120), np.uint8), Orientation(), Fraction(1000)).shape == (90, 120)


def test_a_smaller_picture_is_centred_on_black() -> None:
    fitted = fit(np.full((10, 10), 200, np.uint8), 40, 20)
    assert fitted.shape == (20, 40)
    assert fitted[:, 10:30].min() == 200
    assert fitted[:, :10].max() == fitted[:, 30:].max() == 0


def test_a_picture_that_fits_is_not_copied() -> None:
    picture = np.zeros((20, 40), np.uint8)
    assert fit(picture, 40, 20) is picture


@pytest.mark.parametrize(
    ("lines", "columns", "side_px"), [(720, 1280, 48), (1080, 1920, 72), (270, 480, 18), (1280, 720, 48)]
)
def test_the_smallest_face_grows_with_the_frame(lines: int, columns: int, side_px: int) -> None:
    assert min_face_px(lines, columns) == side_px


def test_a_face_is_cut_out_with_a_margin_in_proportion() -> None:
    luma = np.zeros((300, 300), np.uint8)
    luma[90:210, 90:210] = 100
    assert crop_face(luma, Box(x=100, y=100, width=100, height=100)).min() == 100
    assert crop_face(luma, Box(x=100, y=100, width=100, height=100), margin=0.2).min() == 0


def test_a_small_face_is_enlarged_without_steps() -> None:
    slope = np.tile(np.arange(0, 192, 6, dtype=np.uint8), (32, 1))
    crop = crop_face(slope, Box(x=0, y=0, width=32, height=32), margin=0, side_px=64)
    assert (np.diff(crop[32].astype(int))[2:-2] == 3).all()


@pytest.mark.parametrize("box", [Box(x=-20, y=-20, width=60, height=60), Box(x=80, y=80, width=60, height=60)])
def test_the_border_is_replicated_outside_the_frame(box: Box) -> None:
    crop = crop_face(np.full((100, 100), 77, np.uint8), box)
    assert crop.shape == (64, 64)
    assert crop.min() == crop.max() == 77
