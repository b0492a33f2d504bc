"""Brightness and sharpness of a face, as the model sees it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from worker.pipeline.clarity import RIM_PX, Clarity, clarity_of
from worker.pipeline.emotions import SIDE_PX

Crop = NDArray[np.uint8]


def pattern() -> Crop:
    """Edges of many lengths and directions, without any chance in it."""
    y, x = np.mgrid[0:SIDE_PX, 0:SIDE_PX]
    return np.asarray(40 + ((x // 5 + y // 7) % 4) * 40 + (x * y) % 11, dtype=np.uint8)


def blurred(crop: Crop, across_px: float, down_px: float) -> Crop:
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), across_px, sigmaY=down_px), dtype=np.uint8)


def test_the_same_picture_has_the_same_numbers_for_ever() -> None:
    assert clarity_of(pattern()) == Clarity(brightness=104, sharpness=164)


@pytest.mark.parametrize("luma", [0, 1, 127, 255])
def test_a_picture_of_one_luma_has_that_brightness_and_no_sharpness(luma: int) -> None:
    assert clarity_of(np.full((SIDE_PX, SIDE_PX), luma, dtype=np.uint8)) == Clarity(luma, 0)


def test_what_is_around_the_face_does_not_count() -> None:
    framed = np.random.default_rng(0).integers(0, 256, (SIDE_PX, SIDE_PX), dtype=np.uint8)
    framed[RIM_PX:-RIM_PX, RIM_PX:-RIM_PX] = 90
    assert clarity_of(framed) == Clarity(brightness=90, sharpness=0)


def test_more_blur_is_less_sharp() -> None:
    found = [clarity_of(blurred(pattern(), px, px)).sharpness for px in (0.3, 0.7, 1.2, 2.0, 3.0)]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)


def test_blur_in_one_direction_is_blur_whatever_the_direction() -> None:
    sharp = clarity_of(pattern()).sharpness
    assert clarity_of(blurred(pattern(), 2.0, 0.01)).sharpness < sharp / 2
    assert clarity_of(blurred(pattern(), 0.01, 2.0)).sharpness < sharp / 2


def test_light_and_contrast_change_no_sharpness() -> None:
    dim = (pattern() // 2).astype(np.uint8)
    assert clarity_of(dim).sharpness == pytest.approx(clarity_of(pattern()).sharpness, abs=4)
    assert clarity_of(dim).brightness == pytest.approx(clarity_of(pattern()).brightness / 2, abs=1)


def test_noise_without_end_stays_within_a_byte() -> None:
    checks = np.asarray(np.indices((SIDE_PX, SIDE_PX)).sum(axis=0) % 2 * 255, dtype=np.uint8)
    assert clarity_of(checks) == Clarity(brightness=128, sharpness=204)
