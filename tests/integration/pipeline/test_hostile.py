"""What is not a recording is refused with its reason, before anything it names is opened."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.domain.errors import (
    BodyTooLarge,
    CodecNotAllowed,
    DurationLimit,
    EmptyFile,
    MediaError,
    MediaMissing,
    MediaUnreadable,
    MienError,
    NoVideo,
    ResolutionLimit,
    StreamLimit,
    TimingInvalid,
    UnsupportedMedia,
)
from shared.domain.limits import MediaLimits
from tests.integration.pipeline.conftest import make_plan
from tests.recordings import Studio

SMALL: dict[str, Any] = {"width": 160, "height": 90, "duration_s": 2.0}
NOT_RECORDINGS = {
    "random bytes": np.random.default_rng(0).bytes(50_000),
    "a text": b"Dear committee,\n" * 500,
    "a PDF": b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n" * 100,
    "a subtitle": b"1\n00:00:00,000 --> 00:00:01,000\nHello\n",
    "a DASH manifest": b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>",
    "a session description": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    b"m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that must not be called."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def refusal(path: Path, limits: MediaLimits | None = None) -> MienError:
    with pytest.raises(MienError) as refused:
        make_plan(path, limits)
    assert len(refused.value.detail.split()) > 3, "says what was wrong"
    return refused.value


def test_a_file_without_bytes_is_empty(studio: Studio) -> None:
    assert isinstance(refusal(studio.write("empty.mp4", b"")), EmptyFile)


@pytest.mark.parametrize("name", NOT_RECORDINGS)
def test_what_is_not_a_recording_is_unsupported(studio: Studio, name: str) -> None:
    assert isinstance(refusal(studio.write(f"{name}.mp4", NOT_RECORDINGS[name])), UnsupportedMedia)


@pytest.mark.parametrize("script", ["ffconcat version 1.0\nfile {}\n", "#EXTM3U\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n"])
def test_a_script_named_like_a_recording_reads_no_sibling(studio: Studio, script: str) -> None:
    sibling = studio.record(**SMALL)
    assert isinstance(refusal(studio.write("script.mp4", script.format(sibling.name).encode())), UnsupportedMedia)


def test_a_playlist_opens_no_socket(studio: Studio, listener: socket.socket) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.ts"
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{url}\n#EXT-X-ENDLIST\n"
    assert isinstance(refusal(studio.write("playlist.mp4", playlist.encode())), UnsupportedMedia)
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize("recipe", [{"video": False}, {"video": False, "cover_art": True}], ids=["sound", "cover art"])
def test_sound_and_cover_art_are_no_video(studio: Studio, recipe: dict[str, Any]) -> None:
    assert isinstance(refusal(studio.record(**SMALL, **recipe)), NoVideo)


def test_cover_art_beside_a_video_is_passed_over(studio: Studio) -> None:
    assert make_plan(studio.record(**SMALL, cover_art=True)).facts.codec == "h264"


def test_too_many_streams_are_refused(studio: Studio) -> None:
    path = studio.record(**{**SMALL, "duration_s": 0.1}, extra_streams=33, container="mkv")
    assert isinstance(refusal(path), StreamLimit)


def test_too_large_a_picture_is_refused_lying_and_standing(studio: Studio) -> None:
    lying = studio.record(
        width=4160, height=96, times_s=(0.0,), codec="mjpeg", container="mov", pixel_format="yuvj420p"
    )
    assert isinstance(refusal(lying), ResolutionLimit)
    limits = MediaLimits(long_side_px=160, short_side_px=90)
    assert isinstance(refusal(studio.record(width=96, height=160, times_s=(0.0,)), limits), ResolutionLimit)
    assert make_plan(studio.record(width=90, height=160, times_s=(0.0,)), limits).facts.height == 160


def test_a_picture_that_grows_past_the_limit_is_never_allocated(studio: Studio) -> None:
    path = studio.record(width=160, height=90, times_s=(0.0,), container="ts")
    assert isinstance(refusal(path, MediaLimits(long_side_px=128, short_side_px=64)), ResolutionLimit)


@pytest.mark.parametrize("container", ["mkv", "ts"])
def test_too_long_a_recording_is_refused(studio: Studio, container: str) -> None:
    path = studio.record(width=160, height=90, times_s=(0.0, 1.0, 9 * 3600.0), container=container)
    error = refusal(path)
    assert isinstance(error, DurationLimit)
    assert "9.00 hours" in error.detail


def test_another_codec_is_refused_by_name(studio: Studio, tmp_path: Path) -> None:
    error = refusal(_film_with(tmp_path / "other.mkv", "ffv1"))
    assert isinstance(error, CodecNotAllowed)
    assert "ffv1" in error.detail


def test_too_large_a_file_is_refused(studio: Studio) -> None:
    assert isinstance(refusal(studio.record(**SMALL), MediaLimits(size_bytes=1000)), BodyTooLarge)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert isinstance(refusal(tmp_path / "gone.mp4"), MediaMissing)


def test_times_that_jump_back_are_refused(studio: Studio) -> None:
    one = studio.record(**SMALL, container="ts", start_s=100.0)
    two = studio.record(**SMALL, container="ts")
    joined = studio.write("joined.ts", one.read_bytes() + two.read_bytes())
    assert isinstance(refusal(joined), TimingInvalid)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_truncated_recording_without_index_is_unreadable(studio: Studio, share: float) -> None:
    error = refusal(studio.cut_off(share, **SMALL))
    assert isinstance(error, MediaUnreadable)
    assert isinstance(error, MediaError)


def _film_with(path: Path, codec: str) -> Path:
    import av

    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        frame = av.VideoFrame(64, 48, "yuv420p")
        frame.pts = 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path
