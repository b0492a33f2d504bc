"""The sound of a recording on its way into another container: copied where that may hold it, else coded anew.

It is read apart from the picture, from the same file opened once more, so that neither waits for the other in
memory however far apart a recording keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Stream

from worker.pipeline.mux import Census, Container, Muxer
from worker.pipeline.source import Source

COPIED: dict[Container, frozenset[str]] = {
    "mp4": frozenset({"aac", "mp3", "opus"}),
    "webm": frozenset({"opus", "vorbis"}),
}
"""What browsers play in each container."""
DECODED = frozenset({"aac", "aac_latm", "mp3", "mp2", "opus", "vorbis", "flac", "alac", "ac3", "eac3"})
PCM = "pcm_"  # and every kind of uncompressed sound
ENCODERS: dict[Container, str] = {"mp4": "aac", "webm": "libopus"}
RATE = 48_000  # the only one of Opus that needs no resampling; every player has it
FRAME_SAMPLES: dict[Container, int] = {"mp4": 1024, "webm": 960}
BIT_RATE = 128_000
SPARE_PACKETS = 1024  # sound may go on after the last frame


class Sound:
    """Packets of sound in order of time, from the beginning of the recording on."""

    def __init__(self, source: Source, muxer: Muxer, container: Container) -> None:
        self._recording = source.sound
        self._start_s = source.start_s
        self._muxer = muxer
        self._container = container
        self._source = source.sound.sound
        self._copies = not source.damaged
        self._stream = self._target()
        self._packets = self._read()
        self._next: Packet[Stream] | None = None

    def add_until(self, t_s: float) -> None:
        """Write what begins before a time."""
        if self._stream is None:
            return
        while (packet := self._next or next(self._packets, None)) is not None:
            self._next = packet
            if packet.pts is not None and float(packet.pts * packet.time_base) >= t_s:
                return
            self._next = None
            self._muxer.add(packet, self._stream)

    def add_rest(self) -> None:
        self.add_until(float("inf"))

    def _target(self) -> AudioStream | None:
        if self._source is None or (name := _codec_of(self._source)) is None:
            return None
        self._copies &= name in COPIED[self._container] and self._source.codec_context.sample_rate > 0
        if self._copies:
            return self._muxer.output.add_stream_from_template(self._source, opaque=True)
        if name not in DECODED and not name.startswith(PCM):
            return None
        coded: Any = self._muxer.output.add_stream(ENCODERS[self._container], rate=RATE)
        coded.bit_rate = BIT_RATE
        return cast("AudioStream", coded)

    def _read(self) -> Iterator[Packet[Stream]]:
        if self._source is None or self._stream is None:
            return iter(())
        return self._copied(self._source) if self._copies else self._coded(self._source)

    def _own_packets(self, source: AudioStream) -> Iterator[Packet[Stream]]:
        return (packet for packet in self._recording.packets() if packet.stream_index == source.index)

    def _copied(self, source: AudioStream) -> Iterator[Packet[Stream]]:
        offset = round(self._start_s / (source.time_base or 1))
        for packet in self._own_packets(source):
            if packet.pts is None:
                packet.pts = packet.dts
            if packet.pts is not None and packet.pts >= offset:
                packet.pts -= offset
                packet.dts = packet.pts
                yield packet

    def _coded(self, source: AudioStream) -> Iterator[Packet[Stream]]:
        assert self._stream is not None
        encoder = self._stream.codec_context
        resampler = AudioResampler(encoder.format or "fltp", "stereo", RATE, FRAME_SAMPLES[self._container])
        for frame in self._decoded(source):
            for ready in resampler.resample(frame):
                yield from encoder.encode(ready)
        yield from encoder.encode(None)

    def _decoded(self, source: AudioStream) -> Iterator[AudioFrame]:
        """Frames from time zero on; what does not decode is left out."""
        for packet in self._own_packets(source):
            try:
                frames = source.codec_context.decode(packet)
            except (av.FFmpegError, EOFError):
                continue
            for frame in frames:
                if frame.pts is None or frame.time_base is None:
                    continue
                frame.pts -= round(self._start_s / frame.time_base)
                if frame.pts >= 0:
                    yield frame


def sounds_of(source: Source, census: Census) -> int:
    """How many packets of sound there will be at the most, copied or coded anew."""
    sound = source.sound.sound
    if sound is None:
        return 0
    coded_anew = int(source.plan.facts.duration_s * RATE / min(FRAME_SAMPLES.values())) + SPARE_PACKETS
    return max(census.packets[sound.index], coded_anew)


def _codec_of(source: AudioStream) -> str | None:
    return source.codec_context.codec.canonical_name if source.codec_context else None
