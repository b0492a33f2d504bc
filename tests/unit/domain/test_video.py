from __future__ import annotations

import pytest

from shared.domain.container import UNKNOWN, media_type_of
from shared.domain.video import MAX_SAVED_NAME, saved_name


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska", "video/x-matroska"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        (b"G" + b"\0" * 187 + b"G", "video/mp2t"),
        (b"<html><script>", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_a_recording_is_called_by_how_it_begins(head: bytes, media_type: str) -> None:
    assert media_type_of(head) == media_type


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        ("interview.mp4", "interview.mp4"),
        ("../../.ssh/config", "config"),
        ("C:\\Users\\a\\b.mov", "b.mov"),
        ("exe.\u202e4pm.a", "exe.4pm.a"),
        ("a\r\nSet-Cookie: b", "aSet-Cookie: b"),
        ("면접 1.mp4", "면접 1.mp4"),
        ("..", ""),
        ("", ""),
        ("x" * 999, "x" * MAX_SAVED_NAME),
    ],
)
def test_a_clients_name_is_made_safe_to_save_under(given: str, saved: str) -> None:
    assert saved_name(given) == saved
