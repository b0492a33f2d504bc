"""Which key frames start anew is read from the first slice inside, however the container separates its units."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from worker.pipeline.keys import KeyFrames

AVC_RECORD = bytes([1, 100, 0, 31, 0xFF])  # lengths of four bytes
ANNEX_B = b"\x00\x00\x00\x01\x67"
PARAMETERS, INFORMATION, IDR, OTHER = b"\x67\x42", b"\x06\x05", b"\x65\x88\x80", b"\x41\x9a\x00"


def key_frames(codec: str, extradata: bytes | None) -> KeyFrames:
    context = SimpleNamespace(extradata=extradata)
    recording: Any = SimpleNamespace(codec=codec, stream=SimpleNamespace(codec_context=context))
    return KeyFrames(recording)


def with_lengths(*units: bytes) -> Any:
    return b"".join(len(unit).to_bytes(4) + unit for unit in units)


def with_start_codes(*units: bytes) -> Any:
    return b"".join(b"\x00\x00\x01" + unit for unit in units)


@pytest.mark.parametrize(("picture", "expected"), [(IDR, True), (OTHER, False)])
@pytest.mark.parametrize(("separate", "extradata"), [(with_lengths, AVC_RECORD), (with_start_codes, ANNEX_B)])
def test_h264_starts_anew_at_idr_pictures_only(separate: Any, extradata: bytes, picture: bytes, expected: bool) -> None:
    packet = separate(PARAMETERS, INFORMATION, picture)
    assert key_frames("h264", extradata).starts_anew(packet) is expected


@pytest.mark.parametrize("extradata", [AVC_RECORD, ANNEX_B, None])
@pytest.mark.parametrize("data", [b"", b"\x00\x00\x01", b"\x00\x00\x00\x09", b"\xff" * 40])
def test_a_packet_without_a_slice_is_no_start(extradata: bytes | None, data: Any) -> None:
    assert not key_frames("h264", extradata).starts_anew(data)


def test_key_frames_of_other_codecs_are_taken_at_their_word() -> None:
    packet: Any = b""
    assert key_frames("vp9", None).starts_anew(packet)
