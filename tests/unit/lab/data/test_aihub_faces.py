from __future__ import annotations

import cv2
import numpy as np
import pytest

from lab.data.aihub_faces import cut_face, decode, square_around
from lab.data.aihub_labels import Dropped
from shared.domain.samples import Box
from tests.unit.lab.data.aihub_set import jpeg, scene

BOX = (20.0, 10.0, 60.0, 60.0)
TURNS = {
    1: lambda picture: picture,
    2: lambda picture: picture[:, ::-1],
    3: lambda picture: picture[::-1, ::-1],
    4: lambda picture: picture[::-1],
    5: lambda picture: picture.T,
    6: lambda picture: np.rot90(picture, 1),
    7: lambda picture: picture[::-1, ::-1].T,
    8: lambda picture: np.rot90(picture, -1),
}
"""What a camera stores that is held so; EXIF 2.32, tag 0x0112."""


@pytest.mark.parametrize("orientation", TURNS)
def test_pictures_are_turned_upright_before_a_box_is_cut(orientation: int) -> None:
    stored = np.ascontiguousarray(TURNS[orientation](scene()))
    upright = decode(jpeg(stored, orientation=orientation))
    assert upright is not None
    assert upright.shape == scene().shape
    assert np.abs(upright.astype(int) - scene()).mean() < 4


def test_an_orientation_of_0_leaves_a_picture_as_it_is() -> None:
    upright = decode(jpeg(orientation=0))
    assert upright is not None
    assert upright.shape == scene().shape


@pytest.mark.parametrize("content", [b"", b"<html>", jpeg()[: len(jpeg()) // 2], jpeg()[:30]])
def test_what_is_cut_off_or_no_picture_is_dropped(content: bytes) -> None:
    assert cut_face(content, BOX, 48, 0.1) is Dropped.UNREADABLE


def test_a_png_that_is_called_jpg_is_read() -> None:
    content = bytes(cv2.imencode(".png", cv2.cvtColor(scene(), cv2.COLOR_GRAY2BGR))[1])
    assert isinstance(cut_face(content, BOX, 48, 0.1), np.ndarray)


def test_the_square_stands_on_the_longer_edge_and_the_middle_of_the_box() -> None:
    assert square_around((20, 10, 60, 60), 0) == Box(x=15, y=10, width=50, height=50)
    assert square_around((20, 10, 60, 60), 0.1) == Box(x=10, y=5, width=60, height=60)


def test_a_face_is_a_square_of_the_picture_shrunk_by_area() -> None:
    content = bytes(cv2.imencode(".png", scene(96, 96))[1])
    face = cut_face(content, (0, 0, 96, 96), 48, 0)
    assert np.array_equal(face, cv2.resize(scene(96, 96), (48, 48), interpolation=cv2.INTER_AREA))


def test_beyond_the_picture_its_border_goes_on() -> None:
    content = bytes(cv2.imencode(".png", scene())[1])
    face = cut_face(content, (-24, 20, 40, 70), 32, 0)
    assert isinstance(face, np.ndarray)
    assert set(face[-1, :12].tolist()) == {40}  # the left border's gray, twelve columns long


def test_a_box_of_which_more_than_half_lies_outside_is_dropped() -> None:
    assert isinstance(cut_face(jpeg(), (-20, 10, 20, 60), 48, 0), np.ndarray)
    assert cut_face(jpeg(), (-21, 10, 20, 60), 48, 0) is Dropped.BOX_OUTSIDE
    assert cut_face(jpeg(), (900, 10, 950, 60), 48, 0) is Dropped.BOX_OUTSIDE
    assert cut_face(jpeg(), (0, 0, 1e12, 1e12), 48, 0) is Dropped.BOX_OUTSIDE


def test_a_box_smaller_than_half_of_the_result_is_dropped() -> None:
    assert cut_face(jpeg(), (10, 10, 33, 33), 48, 0) is Dropped.BOX_SMALL
