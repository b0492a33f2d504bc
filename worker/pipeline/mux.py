"""Writes a recording into a container that browsers play and seek in while they load it.

Both kinds keep their index at the front, where room is left for it: nothing that was written is read again, so
a file can go out piece by piece. How much room is known beforehand, because the packets are counted first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import av
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream

from shared.domain.errors import MediaUnreadable
from worker.pipeline.container import Recording
from worker.pipeline.outlet import PIECE_BYTES, Outlet, WritePiece

Container = Literal["mp4", "webm"]
MEDIA_TYPES: dict[Container, str] = {"mp4": "video/mp4", "webm": "video/webm"}

HEAD_BYTES = 1 << 16  # everything before the media that does not grow with it
FRAME_BYTES = 44  # ISO 14496-12: stts 8, ctts 8, stsz 4, stss 4, and a chunk of its own: stsc 12, co64 8
SOUND_BYTES = 32  # the same without ctts and stss
CUE_BYTES = 40  # Matroska: a cue point with its time, track, place and sizes


@dataclass(slots=True)
class Census:
    """What will have to be indexed."""

    packets: Counter[int] = field(default_factory=Counter)
    """By stream."""
    frames: int = 0
    key_times_s: list[float] = field(default_factory=list)
    end_s: float = 0.0
    """Of the last frame; on the same clock as the key frames."""

    @property
    def longest_group_s(self) -> float:
        """The longest way from a key frame to the next, which a player has to decode to seek."""
        ends = [*self.key_times_s[1:], self.end_s]
        return max((end - key for key, end in zip(self.key_times_s, ends, strict=True)), default=float("inf"))

    def room_bytes(self, container: Container, sounds: int) -> int:
        if container == "webm":
            return HEAD_BYTES + CUE_BYTES * len(self.key_times_s)
        return HEAD_BYTES + FRAME_BYTES * self.frames + SOUND_BYTES * sounds


def take_census(recording: Recording, beat: Callable[[], None]) -> Census:
    """Read the recording through once without decoding."""
    census = Census()
    time_base = recording.time_base
    for packet in recording.packets():
        beat()
        census.packets[packet.stream_index] += 1
        if recording.owns(packet):
            census.frames += 1
            t_s = float((packet.pts if packet.pts is not None else packet.dts or 0) * time_base)
            census.end_s = max(census.end_s, t_s)
            if packet.is_keyframe:
                census.key_times_s.append(t_s)
    return census


@contextmanager
def muxing(container: Container, write_piece: WritePiece, room_bytes: int) -> Iterator[Muxer]:
    """A container to which streams can be added, finished at the end.

    Raises:
        MediaUnreadable: What came cannot be written into it.
    """
    outlet: Any = Outlet(write_piece)
    room = {"mp4": "moov_size", "webm": "reserve_index_space"}[container]
    options = {room: str(room_bytes), "flush_packets": "0"}
    output = av.open(outlet, "w", format=container, container_options=options, buffer_size=PIECE_BYTES)
    try:
        yield Muxer(output)
        output.close()
    except BaseException as error:
        outlet.closed = True
        if not isinstance(error, av.FFmpegError):
            raise
        raise MediaUnreadable(f"The recording cannot be written as {container}: {error.strerror}.") from error
    outlet.flush()


class Travelled:
    """How far in the recording the work is; says it again for each packet that is consumed."""

    def __init__(self, progress: Callable[[float], None]) -> None:
        self._progress = progress
        self.at_s = 0.0

    def beat(self) -> None:
        self._progress(self.at_s)


class Muxer:
    """Takes packets whose times begin with the recording, and keeps decoding times rising as containers demand."""

    def __init__(self, output: OutputContainer) -> None:
        self.output = output
        self._last_dts: dict[int, int] = {}

    def add(self, packet: Packet[Any], stream: Stream) -> None:
        """Write a packet; one that comes too late to be shown at its time is left out."""
        packet.stream = stream
        if packet.dts is None:
            packet.dts = packet.pts
        if packet.dts is None or packet.pts is None:
            return
        last = self._last_dts.get(stream.index)
        if last is not None and packet.dts <= last:
            packet.dts = last + 1
        if packet.dts > packet.pts:
            return
        self._last_dts[stream.index] = packet.dts
        self.output.mux(packet)
