"""Opens a recording, or says why not.

Nothing of a hostile file is believed: only listed containers are probed, so a
playlist or a script is refused before anything it names is opened; only files
are read, never the network; only listed codecs decode; and the size of the
picture is checked before a decoder may allocate it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeAlias, TypeGuard

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from shared.domain.errors import (
    BodyTooLarge,
    CodecNotAllowed,
    DurationLimit,
    EmptyFile,
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

CONTAINERS = "mov,matroska,webm,avi,mpegts"  # FFmpeg's demuxer names; mov reads mp4
CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg"})
DECODERS = ",".join(sorted(CODECS | {"libdav1d"}))  # libdav1d is FFmpeg's own choice for AV1
SKIPPING_CODECS = frozenset({"h264", "hevc", "vp8", "mpeg4"})  # VP9 ignores the wish; dav1d keeps the first one heard
STRAY_ERRORS = 64  # unreadable packets in a row after which a file counts as ended
ADVICE = "Send an MP4, MOV, MKV, WebM, AVI or MPEG-TS recording with one video stream."

# How files of the accepted containers begin; tells a damaged recording from something else.
_MP4_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"}
_MATROSKA_MAGIC = b"\x1a\x45\xdf\xa3"
_TS_PACKET_BYTES = 188

VideoPacket: TypeAlias = "Packet[VideoStream]"
Skipping: TypeAlias = Literal["DEFAULT", "NONREF", "BIDIR"]


class Recording:
    """An open recording of an accepted kind; stays open between segments.

    Raises:
        MediaError: The file is not acceptable; each condition has its own class.
    """

    def __init__(self, path: Path, limits: MediaLimits | None = None) -> None:
        self.path = path
        self.limits = limits or MediaLimits()
        self._container = _open_container(path, self.limits)
        self._untouched = True
        self._skipping: Skipping = "DEFAULT"
        try:
            self._admit()
        except MienError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def time_base(self) -> Fraction:
        if not self.stream.time_base:
            raise TimingInvalid("The video stream declares no time base. Re-encode the recording.")
        return self.stream.time_base

    @property
    def codec(self) -> str:
        return self.stream.codec_context.codec.canonical_name

    @property
    def container(self) -> str:
        """FFmpeg's name of the demuxer, such as `matroska,webm`."""
        return self._container.format.name

    @property
    def sound(self) -> AudioStream | None:
        """The first stream of sound, which players take too."""
        return next(iter(self._container.streams.audio), None)

    @property
    def declared_s(self) -> float | None:
        """The length that the header states; None where it is absent or only estimated from the data."""
        if self._container.format.name == "mpegts":
            return None
        if self._container.format.name == "avi" and self.stream.frames and self.stream.average_rate:
            return float(self.stream.frames / self.stream.average_rate)  # the length itself follows what is there
        if self.stream.duration is not None:
            return float(self.stream.duration * self.time_base)
        duration = self._container.duration
        return None if duration is None else duration / 1e6  # FFmpeg counts a container's length in microseconds

    @property
    def declares_own_length(self) -> bool:
        """Whether `declared_s` is that of the video stream rather than of the longest stream."""
        return self.stream.duration is not None

    def rewind(self) -> None:
        """Back to the first packet, in the same state as after opening."""
        if self._untouched:
            return
        self.close()
        self._container = _open_container(self.path, self.limits)
        self.stream = _pick_video(self._container)
        self._limit_decoder()
        self._untouched = True

    def seek(self, pts: int) -> None:
        """Go to the key frame at or before a time in the stream's time base. Raises FFmpegError."""
        self._untouched = False
        self._container.seek(pts, stream=self.stream, backward=True)

    def packets(self) -> Iterator[Packet[Stream]]:
        """Packets of all streams from here on; ends at the last one that can be read, however damaged the file."""
        self._untouched = False
        errors = 0
        while errors < STRAY_ERRORS:
            try:
                for packet in self._container.demux():
                    if packet.size:
                        errors = 0
                        yield packet
                return
            except av.FFmpegError:
                errors += 1

    def owns(self, packet: Packet[Stream]) -> TypeGuard[VideoPacket]:
        """Whether a packet belongs to the video that is analysed."""
        return packet.stream_index == self.stream.index

    def video_packets(self) -> Iterator[VideoPacket]:
        return filter(self.owns, self.packets())

    def skip_unreferenced(self, *, wanted: bool, bidirectional: bool = False) -> None:
        """Whether the next packets may be passed over when no other picture refers to theirs, or theirs are B pictures.

        FFmpeg puts other pictures into the places of B pictures that others refer to.
        """
        skipping: Skipping = "BIDIR" if bidirectional else "NONREF" if wanted else "DEFAULT"
        if skipping != self._skipping and self.codec in SKIPPING_CODECS:
            self.stream.codec_context.skip_frame = skipping
            self._skipping = skipping

    def decode(self, packet: VideoPacket | None) -> list[VideoFrame]:
        """What comes out of the decoder for one packet, or for None what was held back; damage gives nothing."""
        try:
            return self.stream.codec_context.decode(packet)
        except MemoryError:
            raise
        except (av.FFmpegError, EOFError):
            return []

    def close(self) -> None:
        self._container.close()

    def _admit(self) -> None:
        if len(self._container.streams) > self.limits.streams:
            raise StreamLimit(
                f"The file holds {len(self._container.streams)} streams; at most {self.limits.streams} are accepted. "
                "Keep one video and one audio stream."
            )
        self.stream = _pick_video(self._container)
        self._admit_codec()
        self._admit_size()
        self._admit_length()
        self._limit_decoder()

    def _admit_codec(self) -> None:
        context = self.stream.codec_context
        name = context.codec.canonical_name if context else "unknown"
        if name not in CODECS:
            raise CodecNotAllowed(
                f"The video is coded as {name}; accepted are {', '.join(sorted(CODECS))}. "
                "Re-encode it, for example as H.264."
            )

    def _admit_size(self) -> None:
        width, height = self.stream.codec_context.width, self.stream.codec_context.height
        if not self.limits.fits(width, height):
            raise ResolutionLimit(
                f"The picture has {width}x{height} pixels; at most "
                f"{self.limits.long_side_px}x{self.limits.short_side_px} are accepted. Scale the recording down."
            )

    def _admit_length(self) -> None:
        declared_s = self.declared_s
        if declared_s is not None and declared_s > self.limits.duration_s:
            raise too_long(declared_s, self.limits)

    def _limit_decoder(self) -> None:
        context = self.stream.codec_context
        self._skipping = "DEFAULT"
        context.thread_count = 1  # segments run in parallel, and a decoder's threads cost memory
        context.options = {"max_pixels": str(self.limits.decoder_pixels)}


def too_long(length_s: float, limits: MediaLimits) -> DurationLimit:
    return DurationLimit(
        f"The recording lasts {length_s / 3600:.2f} hours; at most {limits.duration_s / 3600:.2f} are accepted. "
        "Cut it into shorter parts."
    )


def _open_container(path: Path, limits: MediaLimits) -> InputContainer:
    _admit_file(path, limits)
    options = {
        "format_whitelist": CONTAINERS,
        "protocol_whitelist": "file",
        "codec_whitelist": DECODERS,
        "max_pixels": str(limits.decoder_pixels),
    }
    try:
        return av.open(f"file:{path.absolute()}", options=options, metadata_errors="replace")
    except FileNotFoundError as error:
        raise MediaMissing(f"The recording is gone: {error.strerror}.") from error
    except MemoryError as error:  # FFmpeg's own bound on streams, far above ours, ends this way
        raise StreamLimit(f"The file holds far more than {limits.streams} streams.") from error
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _refusal(path) from error


def _admit_file(path: Path, limits: MediaLimits) -> None:
    try:
        size_bytes = path.stat().st_size
    except FileNotFoundError as error:
        raise MediaMissing("The recording is gone.") from error
    if size_bytes == 0:
        raise EmptyFile(f"The file holds no bytes. {ADVICE}")
    if size_bytes > limits.size_bytes:
        raise BodyTooLarge(f"The file has {size_bytes} bytes; at most {limits.size_bytes} are accepted.")


def _refusal(path: Path) -> MienError:
    """Damaged if it begins like an accepted container, else not a recording at all."""
    with path.open("rb") as file:
        head = file.read(_TS_PACKET_BYTES + 1)
    if _begins_like_a_recording(head):
        return MediaUnreadable(
            "The file begins like a recording but its index or header is missing or damaged. "
            "It may have been cut short while it was written or sent: send it again or repair it."
        )
    return UnsupportedMedia(f"The file is not a recording of an accepted container. {ADVICE}")


def _begins_like_a_recording(head: bytes) -> bool:
    return (
        head[4:8] in _MP4_BOXES
        or head[:4] == _MATROSKA_MAGIC
        or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")
        or (len(head) > _TS_PACKET_BYTES and head[0] == head[_TS_PACKET_BYTES] == ord("G"))
    )


def _pick_video(container: InputContainer) -> VideoStream:
    """The video stream with the largest picture, the first one on ties; cover art is none."""
    cover_art = Disposition.attached_pic | Disposition.timed_thumbnails
    videos = [stream for stream in container.streams.video if not stream.disposition & cover_art]
    if not videos:
        raise NoVideo("The file holds no video stream, only sound or cover art. Send the recording with its picture.")
    return max(videos, key=_picture_pixels)


def _picture_pixels(stream: VideoStream) -> int:
    return stream.codec_context.width * stream.codec_context.height if stream.codec_context else 0
