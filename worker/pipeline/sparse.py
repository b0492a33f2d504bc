"""Decodes as little as possible to get the wanted frames of a segment, bit for bit as a full decode gives them.

Three savings, each only where it is known to change nothing: what follows the last wanted frame of a group of
pictures is not fed to the decoder, pictures that nothing refers to are passed over unless they are wanted, and so
are those that, of all pictures, only such ones could refer to.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import pairwise

from av.video.frame import VideoFrame

from shared.domain.plan import Segment
from worker.pipeline.container import Recording, VideoPacket
from worker.pipeline.lookahead import decided

PAST_BORDER_PACKETS = 128  # more than any decoder of the accepted codecs holds back

Beat = Callable[[], None]
TimedFrame = tuple[int, VideoFrame]


def wanted_frames(recording: Recording, segment: Segment, beat: Beat) -> Iterator[TimedFrame]:
    """The wanted frames from here on that decode undamaged, with their times, strictly increasing.

    The recording stands where decoding of the segment starts, and its packets carry trustworthy times.
    """
    wanted, last_pts = frozenset(segment.frame_pts), segment.start_pts - 1
    for packet, spared in decided(recording, _needed_packets(recording, segment, beat), wanted):
        beat()  # once more, since packets are read ahead of being decoded
        recording.skip_unreferenced(wanted=packet is not None and packet.pts not in wanted, bidirectional=spared)
        for frame in recording.decode(packet):
            if frame.pts in wanted and frame.pts > last_pts and not frame.is_corrupt:
                last_pts = frame.pts
                yield last_pts, frame


def packets_until(recording: Recording, until_pts: int | None) -> Iterator[VideoPacket]:
    """Packets from here on, ending when everything up to a time must have been among them."""
    beyond = 0
    for packet in recording.video_packets():
        beyond += until_pts is not None and time_of(packet) > until_pts
        if beyond > PAST_BORDER_PACKETS:
            return
        yield packet


def time_of(packet: VideoPacket) -> int:
    if packet.pts is not None:
        return packet.pts
    return packet.dts if packet.dts is not None else 0


def _needed_packets(recording: Recording, segment: Segment, beat: Beat) -> Iterator[VideoPacket | None]:
    """What the decoder must be fed, and None at the end, when it shall give out what it holds back."""
    groups = _wanted_by_group(segment)
    key_pts = iter(segment.key_pts)
    missing = next(groups)
    next_key_pts = next(key_pts, None)
    for packet in packets_until(recording, segment.frame_pts[-1] if segment.frame_pts else segment.start_pts):
        beat()
        if not missing:
            if next_key_pts is None:
                break
            if not packet.is_keyframe or packet.pts != next_key_pts:
                continue
            missing, next_key_pts = next(groups), next(key_pts, None)
        missing.discard(time_of(packet))
        yield packet
    yield None


def _wanted_by_group(segment: Segment) -> Iterator[set[int]]:
    """The wanted times before the first key frame to skip to, then those from each of them to the next."""
    starts = (bisect_left(segment.frame_pts, key) for key in segment.key_pts)
    return (set(segment.frame_pts[a:b]) for a, b in pairwise([0, *starts, len(segment.frame_pts)]))
