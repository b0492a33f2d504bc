"""Finds out what a recording is and how it is cut up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path

from shared.domain.errors import MediaUnreadable
from shared.domain.plan import Plan, VideoFacts
from worker.pipeline.container import Recording
from worker.pipeline.cuts import cut_segments
from worker.pipeline.frames import frames_from_here
from worker.pipeline.index import PacketIndex, index_packets
from worker.pipeline.luma import orientation_of, read_luma
from worker.pipeline.sparse import Beat

HASH_CHUNK_BYTES = 1 << 20
PROBED_FRAMES = 32  # enough to see whether times come out in order: codecs reorder over 16 frames at most
TRUNCATION_S = 1.0  # ends earlier than declared by less than this come from rounding and trailing sound


@dataclass(frozen=True, slots=True)
class _Look:
    """What decoding the first frames tells."""

    width: int
    height: int
    rotation: int
    in_order: bool


def plan_of(recording: Recording, interval_s: float, beat: Beat) -> Plan:
    """Index, probe and cut an open recording.

    Raises:
        MediaError: The recording cannot be analysed.
    """
    sha256 = hash_file(recording.path, beat)
    index = index_packets(recording, beat)
    look = _look_at_start(recording, beat)
    index = replace(index, trusted=index.trusted and look.in_order)
    frame_pts = index.sample_pts(interval_s)
    return Plan(
        facts=_facts(recording, index, look, sha256),
        interval_s=interval_s,
        time_base=index.time_base,
        start_pts=index.start_pts,
        samples_total=len(frame_pts),
        segments=cut_segments(recording, index, frame_pts, beat),
        warnings=_warnings(recording, index),
        trusted_pts=index.trusted,
    )


def hash_file(path: Path, beat: Beat) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(HASH_CHUNK_BYTES):
            digest.update(chunk)
            beat()
    return digest.hexdigest()


def _look_at_start(recording: Recording, beat: Beat) -> _Look:
    recording.rewind()
    raw_pts: list[int | None] = []
    look: _Look | None = None
    for _, frame in islice(frames_from_here(recording, beat, trusted_pts=False), PROBED_FRAMES):
        raw_pts.append(frame.pts)
        if look is None:
            height, width = read_luma(frame, recording.stream.sample_aspect_ratio).shape
            look = _Look(width, height, orientation_of(frame).rotation, True)
    if look is None:
        raise MediaUnreadable("No frame of the video can be decoded. The file is damaged or encrypted: send it again.")
    return replace(look, in_order=_increase(raw_pts))


def _increase(raw_pts: list[int | None]) -> bool:
    times = [pts for pts in raw_pts if pts is not None]
    return len(times) == len(raw_pts) and all(a < b for a, b in pairwise(times))


def _facts(recording: Recording, index: PacketIndex, look: _Look, sha256: str) -> VideoFacts:
    return VideoFacts(
        duration_s=index.duration_s,
        width=look.width,
        height=look.height,
        fps=index.fps,
        rotation=look.rotation,
        codec=recording.codec,
        sha256=sha256,
    )


def _warnings(recording: Recording, index: PacketIndex) -> tuple[str, ...]:
    """`truncated`: it ends earlier than declared; `damaged`: parts in between cannot be read."""
    found = {"truncated": _is_truncated(recording, index), "damaged": index.damaged}
    return tuple(warning for warning, holds in found.items() if holds)


def _is_truncated(recording: Recording, index: PacketIndex) -> bool:
    declared_s = recording.declared_s
    if declared_s is None:
        return False
    reached_s = index.duration_s if recording.declares_own_length else max(index.duration_s, index.longest_end_s)
    return declared_s - reached_s > TRUNCATION_S
