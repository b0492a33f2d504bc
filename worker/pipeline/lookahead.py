"""Reads a few packets of H.264 ahead to find pictures that others might refer to but that no wanted one needs."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import TypeAlias

from worker.pipeline.container import Recording, VideoPacket
from worker.pipeline.nal import NotUnderstoodError
from worker.pipeline.references import Coded, Follower
from worker.pipeline.slices import Headers, Picture

AHEAD_PACKETS = 128  # four seconds of most recordings; the last few pictures of each look are never passed over
AHEAD_BYTES = 8 << 20  # held back at most, and one packet more
FRUITLESS_PICTURES = 192  # followed without finding any; the recording's encoder probably leaves none

Decision: TypeAlias = "tuple[VideoPacket | None, bool]"


def decided(
    recording: Recording, packets: Iterator[VideoPacket | None], wanted: AbstractSet[int | None]
) -> Iterator[Decision]:
    """All packets, and whether the decoder can pass one over although other pictures may refer to its own.

    Args:
        packets: What the decoder is fed; None at the end.
        wanted: Times of the pictures that must come out.
    """
    if recording.codec == "h264":
        yield from _decided_ahead(recording.stream.codec_context.extradata, packets, wanted)
    for packet in packets:
        yield packet, False


def _decided_ahead(
    extradata: bytes | None, packets: Iterator[VideoPacket | None], wanted: AbstractSet[int | None]
) -> Iterator[Decision]:
    """The packets up to the first one that is not understood, or as long as looking at them bears fruit."""
    try:
        ahead = _Ahead(Headers(extradata), wanted)
    except NotUnderstoodError:
        return
    for packet in packets:
        yield from ahead.take(packet)
        if ahead.ended:
            return


class _Ahead:
    """Holds packets back until it is known which of them are needed."""

    def __init__(self, headers: Headers, wanted: AbstractSet[int | None]) -> None:
        self.ended = False
        self._headers = headers
        self._wanted = wanted
        self._follower: Follower | None = None
        self._held: list[VideoPacket] = []
        self._coded: dict[int, Coded] = {}
        self._bytes = 0
        self._fruitless = 0

    def take(self, packet: VideoPacket | None) -> list[Decision]:
        """Hold a packet back, and give out those before it that are decided."""
        picture = self._look_at(packet)
        starts_anew = packet is None or (picture is not None and picture.is_idr)
        is_full = len(self._held) >= AHEAD_PACKETS or self._bytes >= AHEAD_BYTES
        ready: list[Decision] = self._decide(goes_on=not starts_anew) if starts_anew or is_full or self.ended else []
        if packet is None or self.ended:
            self.ended = True
            return [*ready, (packet, False)]
        self._hold(packet, picture)
        return ready

    def _look_at(self, packet: VideoPacket | None) -> Picture | None:
        if packet is None:
            return None
        try:
            if packet.is_corrupt:
                raise NotUnderstoodError("the packet is marked as damaged")
            return self._headers.picture(bytes(packet), wanted=packet.pts in self._wanted)
        except NotUnderstoodError:
            self.ended = True
            return None

    def _hold(self, packet: VideoPacket, picture: Picture | None) -> None:
        if picture is not None:
            spare = picture.is_reference and picture.is_bidirectional and packet.pts not in self._wanted
            self._coded[len(self._held)] = Coded(picture, spare)
        self._held.append(packet)
        self._bytes += packet.size

    def _decide(self, *, goes_on: bool) -> list[Decision]:
        places = list(self._coded)
        spared = {places[at] for at in self._spared(goes_on=goes_on)}
        decisions: list[Decision] = [(packet, place in spared) for place, packet in enumerate(self._held)]
        self._fruitless = 0 if spared else self._fruitless + len(self._held)
        self.ended = self.ended or self._fruitless >= FRUITLESS_PICTURES
        self._held, self._coded, self._bytes = [], {}, 0
        return decisions

    def _spared(self, *, goes_on: bool) -> set[int]:
        try:
            self._follower = self._follower or Follower(self._headers.sequence)
            return self._follower.spared(list(self._coded.values()), goes_on=goes_on)
        except NotUnderstoodError:
            self.ended = True
            return set()
