from __future__ import annotations

import struct
import zlib
from array import array
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.emotions import EMOTIONS, dominant
from shared.domain.samples import Box, Face, Sample, pack_samples, unpack_samples


def as_float32(value: float) -> float:
    unpacked: float = struct.unpack("f", struct.pack("f", value))[0]
    return unpacked


measures = st.none() | st.integers(0, 255)
pixels = st.integers(-(2**31), 2**31 - 1)
faces = st.builds(
    Face,
    track=st.integers(0, 2**32 - 1),
    box=st.builds(Box, x=pixels, y=pixels, width=pixels, height=pixels),
    probabilities=st.lists(st.floats(0, 1, width=32), min_size=7, max_size=7).map(tuple),
    brightness=measures,
    sharpness=measures,
)
samples = st.builds(
    Sample,
    number=st.integers(0, 2**32 - 1),
    t_s=st.floats(0, 1e6),
    status=st.sampled_from(["face", "no_face", "unreadable"]),
    faces=st.lists(faces, max_size=3).map(tuple),
)


@given(st.lists(samples, max_size=8))
def test_packed_samples_come_back_bit_for_bit(some: list[Sample]) -> None:
    assert unpack_samples(pack_samples(some)) == some


EXACT = (0.5, 0.0, 0.25, 0.125, 0.0, 0.0, 0.125)
SEEN = Face(track=2, box=Box(x=-3, y=4, width=50, height=60), probabilities=EXACT, brightness=136, sharpness=118)
THREE = [
    Sample(number=0, t_s=0.0, status="no_face"),
    Sample(number=1, t_s=0.5, status="face", faces=(SEEN,)),
    Sample(number=2, t_s=1.0, status="unreadable"),
]
AS_PACKED_BY_1_2_0 = bytes.fromhex(
    "6d6e73310300000001000000789c63606060600462260674f0c01e427fb06704c9c214fdfdffff3f0b903602621b880a"
    "a8c2063b20618764821d0061ed083d"
)


def test_packed_samples_are_columns_in_an_order_that_never_changes() -> None:
    packed = pack_samples(THREE)
    columns: list[array[Any]] = [
        array("I", [0, 1, 2]),
        array("d", [0.0, 0.5, 1.0]),
        array("B", [1, 0, 2]),
        array("H", [0, 1, 0]),
        array("I", [2]),
        array("i", [-3]),
        array("i", [4]),
        array("i", [50]),
        array("i", [60]),
        array("f", EXACT),
        array("h", [136]),
        array("h", [118]),
    ]
    assert packed[:12] == b"mns2" + struct.pack("<II", 3, 1)
    assert zlib.decompress(packed[12:]) == b"".join(column.tobytes() for column in columns)


def test_what_an_older_pipeline_stored_is_read_as_not_measured() -> None:
    assert AS_PACKED_BY_1_2_0.startswith(b"mns1")
    older = replace(SEEN, brightness=None, sharpness=None)
    assert unpack_samples(AS_PACKED_BY_1_2_0) == [THREE[0], replace(THREE[1], faces=(older,)), THREE[2]]


def test_an_hour_of_one_face_packs_into_less_than_half_a_megabyte() -> None:
    p = tuple(as_float32(0.1 + k / 100) for k in range(7))
    face = Face(track=0, box=Box(x=1, y=2, width=3, height=4), probabilities=p, brightness=99, sharpness=100)
    hour = [Sample(number=k, t_s=k / 2, status="face", faces=(face,)) for k in range(7200)]

    assert len(pack_samples(hour)) < 500_000


@pytest.mark.parametrize("bytes_", [b"", b"nonsense", b"mns1", b"mns2", b"mns3"])
def test_bytes_that_are_no_samples_are_refused(bytes_: bytes) -> None:
    with pytest.raises((ValueError, struct.error)):
        unpack_samples(bytes_)


def test_the_first_label_wins_a_tie() -> None:
    assert dominant([0.5, 0.5, 0, 0, 0, 0, 0]) == EMOTIONS[0]
    assert dominant([0, 0, 0.2, 0.2, 0.2, 0.2, 0.2]) == "fear"


FACE = Box(x=100, y=50, width=200, height=200)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (FACE, 1.0),
        (Box(x=200, y=50, width=200, height=200), 1 / 3),  # half of each is common: 100 of 300 columns
        (Box(x=300, y=50, width=200, height=200), 0.0),
        (Box(x=150, y=100, width=100, height=100), 0.25),  # inside, with half the side
    ],
)
def test_overlap_is_intersection_over_union(other: Box, expected: float) -> None:
    assert FACE.overlap(other) == pytest.approx(expected)
    assert other.overlap(FACE) == pytest.approx(expected)
