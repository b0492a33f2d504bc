"""Headers of H.264 are read field by field, or refused; garbage is refused and never hangs."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pipeline.h264_bits import (
    b_slice,
    idr,
    p_slice,
    pps,
    record,
    se,
    sps,
    ue,
    unit,
    with_lengths,
    with_start_codes,
)
from worker.pipeline.nal import Bits, NotUnderstoodError
from worker.pipeline.slices import Headers, Picture, Prediction, Sequence

HEADERS = record(sps(), pps())


def read(*units: bytes, extradata: bytes = HEADERS, wanted: bool = True) -> Picture | None:
    return Headers(extradata).picture(with_lengths(*units), wanted=wanted)


def test_codes_are_read_as_they_were_written() -> None:
    numbers = [0, 1, 2, 7, 8, 254, 255, 2**31 - 2]
    bits = Bits(unit(0, "".join(ue(n) + se(n) + se(-n) for n in numbers)), 256)
    assert [(bits.ue(), bits.se(), bits.se()) for _ in numbers] == [(n, n, -n) for n in numbers]


def test_emulation_prevention_is_undone() -> None:
    written = unit(0, "0" * 64 + "1" * 8)
    assert b"\x00\x00\x03\x00\x00\x03" in written
    bits = Bits(written, 256)
    assert (bits.u(64), bits.u(8)) == (0, 255)


@pytest.mark.parametrize("profile", [77, 100])
@pytest.mark.parametrize("separate", [with_lengths, with_start_codes])
def test_a_picture_is_read_however_its_units_are_separated(profile: int, separate: Any) -> None:
    sets = sps(profile=profile), pps()
    headers = Headers(record(*sets) if separate is with_lengths else separate(*sets))
    assert headers.sequence == Sequence(4, 6, 2, in_colour=True)
    picture = headers.picture(separate(b"\x09\xf0", *sets, idr()), wanted=False)
    assert picture == Picture(True, True, 0, 0, 0, (), (Prediction(2, (), ()),))


def test_changes_of_lists_and_marking_are_read() -> None:
    marking = "1" + ue(1) + ue(4) + ue(1) + ue(0) + ue(0)
    picture = read(p_slice(3, 12, changes=[(0, 1)], rest=marking))
    assert picture == Picture(False, True, 3, 12, 0, (5, 1), (Prediction(0, (1,), (((0, 1),),)),))


def test_the_marking_after_weights_is_found() -> None:
    weights = ue(5) + ue(5) + "1" + se(33) + se(-2) + "1" + se(3) * 4
    extradata = record(sps(), pps(weighted_p=1))
    picture = read(p_slice(1, 4, rest=weights + "1" + ue(1) + ue(0) + ue(0)), extradata=extradata)
    assert picture is not None
    assert picture.dropped == (1,)


def test_the_longer_list_of_a_slice_overrides_the_default() -> None:
    picture = read(b_slice(2, 8, counts=(3, 2)))
    assert picture is not None
    assert picture.is_bidirectional
    assert picture.predictions == (Prediction(1, (3, 2), ((), ())),)


def test_pictures_that_do_not_matter_are_not_looked_at() -> None:
    assert read(b_slice(2, 8, rank=0), wanted=False) is None
    assert read(b_slice(2, 8, rank=0), wanted=True) is not None


def test_equal_slices_are_kept_once() -> None:
    follow = unit(0x21, ue(9) + ue(6) + ue(0) + f"{2:04b}{8:06b}" + "1" + "0" + "00" + "0" + ue(0))
    picture = read(b_slice(2, 8), follow)
    assert picture is not None
    assert len(picture.predictions) == 1


NOT_UNDERSTOOD: dict[str, tuple[bytes, ...]] = {
    "fields": (record(sps(frames_only=0), pps()), idr()),
    "gaps": (record(sps(gaps=1), pps()), idr()),
    "times elsewhere": (record(sps(poc_type=2), pps()), idr()),
    "a scalable profile": (record(sps(profile=83), pps()), idr()),
    "more references than any level has": (record(sps(references=17), pps()), idr()),
    "groups of slices": (record(sps(), pps(groups=1)), idr()),
    "redundant slices": (record(sps(), pps(redundant=1)), idr()),
    "no parameter sets": (b"", idr()),
    "a record cut short": (HEADERS[:-3], idr()),
    "a second sequence": (HEADERS, sps(references=3), idr()),
    "a changed picture set": (HEADERS, pps(weighted_b=1), idr()),
    "long-term references": (HEADERS, idr(long_term=1)),
    "a reset": (HEADERS, p_slice(1, 4, rest="1" + ue(5) + ue(0))),
    "a long-term change": (HEADERS, p_slice(1, 4, changes=[(2, 0)])),
    "more changes than entries": (HEADERS, p_slice(1, 4, changes=[(0, 0), (0, 0)])),
    "an endless list": (HEADERS, b_slice(1, 4, counts=(17, 1))),
    "a switching slice": (HEADERS, idr(kind=4)),
    "an unknown kind": (HEADERS, idr(kind=12)),
    "an IDR picture that predicts": (HEADERS, idr(kind=5)),
    "an IDR picture with a number": (HEADERS, idr(frame_num=3)),
    "two pictures in a packet": (HEADERS, p_slice(1, 4), p_slice(2, 8)),
    "a picture without its beginning": (HEADERS, idr(first_mb=4)),
    "the same beginning twice": (HEADERS, p_slice(1, 4), p_slice(1, 4)),
    "ranks that differ": (HEADERS, b_slice(1, 4), b_slice(1, 4, rank=0)),
    "no picture at all": (HEADERS, b"\x06\x05"),
    "a prefix for layers": (HEADERS, b"\x6e\x00\x00", idr()),
    "an end of sequence": (HEADERS, b"\x0a", idr()),
    "a damaged unit": (HEADERS, b"\xe5\x88"),
    "a slice cut short": (HEADERS, p_slice(1, 4)[:3]),
}


@pytest.mark.parametrize("case", NOT_UNDERSTOOD)
def test_what_is_not_understood_is_said_so(case: str) -> None:
    extradata, *units = NOT_UNDERSTOOD[case]
    with pytest.raises(NotUnderstoodError):
        read(*units, extradata=extradata)


def test_a_length_that_does_not_fit_its_packet_is_not_understood() -> None:
    with pytest.raises(NotUnderstoodError):
        Headers(HEADERS).picture(with_lengths(idr())[:-1], wanted=True)


@given(extradata=st.binary(max_size=60), data=st.binary(max_size=120))
def test_garbage_is_not_understood(extradata: bytes, data: bytes) -> None:
    with pytest.raises(NotUnderstoodError):
        Headers(extradata).picture(data, wanted=True)


@given(at=st.integers(0, 30), byte=st.integers(0, 255), cut=st.integers(0, 60), annex_b=st.booleans())
def test_damage_is_read_or_refused(at: int, byte: int, cut: int, annex_b: bool) -> None:
    units = sps(profile=100), pps(weighted_b=1), b_slice(2, 8, counts=(2, 2))
    data = bytearray(with_start_codes(*units) if annex_b else with_lengths(*units))
    data[at] = byte
    with suppress(NotUnderstoodError):
        Headers(None if annex_b else HEADERS).picture(bytes(data[: len(data) - cut]), wanted=True)
