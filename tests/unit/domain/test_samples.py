from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.emotions import EMOTIONS, dominant
from shared.domain.samples import Box, Face, Sample, pack_samples, unpack_samples


def as_float32(value: float) -> float:
    unpacked: float = struct.unpack("f", struct.pack("f", value))[0]
    return unpacked


pixels = st.integers(-(2**31), 2**31 - 1)
faces = st.builds(
    Face,
    track=st.integers(0, 2**32 - 1),
    box=st.builds(Box, x=pixels, y=pixels, width=pixels, height=pixels),
    probabilities=st.lists(st.floats(0, 1, width=32), min_size=7, max_size=7).map(tuple),
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


def test_an_hour_of_one_face_packs_into_less_than_half_a_megabyte() -> None:
    p = tuple(as_float32(0.1 + k / 100) for k in range(7))
    face = Face(track=0, box=Box(x=1, y=2, width=3, height=4), probabilities=p)
    hour = [Sample(number=k, t_s=k / 2, status="face", faces=(face,)) for k in range(7200)]

    assert len(pack_samples(hour)) < 500_000


@pytest.mark.parametrize("bytes_", [b"", b"nonsense", b"mns1"])
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
