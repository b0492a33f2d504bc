"""The recording as browsers can play it and seek in it: written anew where its codecs allow, else coded anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from av.packet import Packet

from shared.domain.plan import Plan
from worker.pipeline.container import VideoPacket
from worker.pipeline.frames import frames_from_here
from worker.pipeline.h264 import USUAL_FPS, H264Track
from worker.pipeline.mux import MEDIA_TYPES, Census, Container, Muxer, Travelled, muxing, take_census
from worker.pipeline.outlet import WritePiece
from worker.pipeline.sound import COPIED, Sound, sounds_of
from worker.pipeline.source import Source

EIGHT_BITS = frozenset({"yuv420p", "yuvj420p"})  # what every browser decodes
MOST_WITHOUT_TIMES = 32  # twice as many as any decoder holds back
LONGEST_GROUP_S = 30.0  # a key frame at least this often, or seeking would mean decoding for too long

Progress = Callable[[float], None]
"""Told how far in the recording the work is, in seconds; at least once for each packet consumed."""


def make_playable(source: Source, write_piece: WritePiece, progress: Progress) -> str:
    """Write the recording with an index at its front and a length, its times beginning at zero.

    Returns:
        The media type.
    """
    travelled = Travelled(progress)
    census = take_census(source.picture, travelled.beat)
    source.picture.rewind()
    copied_into = container_for_copy(source, census)
    container = copied_into or "mp4"
    with muxing(container, write_piece, census.room_bytes(container, sounds_of(source, census))) as muxer:
        write = _copy if copied_into else _transcode
        write(source, muxer, container, travelled)
    return MEDIA_TYPES[container]


def container_for_copy(source: Source, census: Census) -> Container | None:
    """The container into which the picture may be copied as it is coded; None when it has to be coded anew."""
    recording, plan = source.picture, source.plan
    plain = recording.stream.codec_context.pix_fmt in EIGHT_BITS
    if source.damaged or not plain or not plan.trusted_pts or census.longest_group_s > LONGEST_GROUP_S:
        return None
    sound = recording.sound.codec_context.codec.canonical_name if recording.sound else None
    match recording.codec:
        case "h264":
            return "mp4"
        case "vp8" | "vp9" | "av1" if plan.facts.rotation:
            return None  # WebM has no sign for it that browsers read
        case "av1" if sound is not None and sound in COPIED["mp4"] - COPIED["webm"]:
            return "mp4"
        case "vp8" | "vp9" | "av1":
            return "webm"
    return None


def _copy(source: Source, muxer: Muxer, container: Container, travelled: Travelled) -> None:
    """From the first key frame on: what comes before it cannot be decoded."""
    plan, stream = source.plan, muxer.output.add_stream_from_template(source.picture.stream, opaque=True)
    heard = Sound(source, muxer, container)
    begun, frame_pts = False, max(1, round(1 / (plan.facts.fps or USUAL_FPS) / plan.time_base))
    for packet in with_decoding_times(source.picture.video_packets(), frame_pts):
        begun = begun or packet.is_keyframe
        travelled.at_s = at_s = _shift(packet, plan)
        travelled.beat()
        packet.duration = packet.duration or frame_pts
        if begun:
            muxer.add(packet, stream)
            heard.add_until(at_s)
    heard.add_rest()


def with_decoding_times(packets: Iterable[VideoPacket], frame_pts: int) -> Iterator[VideoPacket]:
    """Packets as they come, with times at the beginning where a demuxer knows none yet, as in Matroska.

    They are counted back from the first that is known, so that none is decoded after it is shown.
    """
    waiting: list[VideoPacket] = []
    for packet in packets:
        if packet.dts is None and len(waiting) < MOST_WITHOUT_TIMES:
            waiting.append(packet)
            continue
        yield from _counted_back(waiting, packet.dts, frame_pts)
        waiting.clear()
        yield packet
    yield from _counted_back(waiting, None, frame_pts)


def _counted_back(waiting: list[VideoPacket], known_dts: int | None, frame_pts: int) -> Iterator[VideoPacket]:
    for place, packet in enumerate(waiting):
        if known_dts is not None:
            packet.dts = known_dts - (len(waiting) - place) * frame_pts
        yield packet


def _transcode(source: Source, muxer: Muxer, container: Container, travelled: Travelled) -> None:
    picture, plan = source.picture, source.plan
    track = H264Track(muxer, plan, picture.stream.sample_aspect_ratio)
    heard = Sound(source, muxer, container)
    for pts, frame in frames_from_here(picture, travelled.beat, trusted_pts=plan.trusted_pts):
        travelled.at_s = float((pts - plan.start_pts) * plan.time_base)
        track.add((pts, frame))
        heard.add_until(travelled.at_s)
    track.finish()
    heard.add_rest()


def _shift(packet: Packet[Any], plan: Plan) -> float:
    """Let a packet's times begin with the recording; gives its time in seconds."""
    if packet.pts is not None:
        packet.pts -= plan.start_pts
    if packet.dts is not None:
        packet.dts -= plan.start_pts
    return float((packet.pts or 0) * plan.time_base)
