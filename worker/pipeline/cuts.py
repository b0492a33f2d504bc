"""Where a recording may be cut so that each part can be decoded on its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import av
import numpy as np

from shared.domain.plan import Segment
from worker.pipeline.container import Recording
from worker.pipeline.frames import Beat, frames_from_here
from worker.pipeline.index import PacketIndex, Times

SEGMENT_S = 30.0  # the design's: long enough to amortise a seek, short enough to lose little when a worker dies
END_MARGIN_S = 15.0  # a shorter last part would not be worth a step
EARLIER_KEYS = 4  # how far back decoding may start; beyond that a cut costs more than it saves


@dataclass(frozen=True, slots=True)
class Cut:
    """A key frame and the time to seek to so that it comes out undamaged."""

    pts: int
    seek_pts: int


def cut_segments(recording: Recording, index: PacketIndex, frame_pts: Times, beat: Beat) -> tuple[Segment, ...]:
    """Segments that tile the samples; one segment where no cut is usable.

    Args:
        frame_pts: (samples,) int64, for each sample its frame.
    """
    start = Cut(int(index.pts[0]), int(index.pts[0]))
    tried = (try_cut(recording, index, key, beat) for key in cut_keys(index)) if index.trusted else ()
    cuts = [start, *(cut for cut in tried if cut is not None)]
    firsts = np.searchsorted(frame_pts, [cut.pts for cut in cuts]).tolist()
    afters = [*firsts[1:], len(frame_pts)]
    kept = [(cut, first) for cut, first, after in zip(cuts, firsts, afters, strict=True) if first < after]
    bounds = pairwise([*kept, (None, len(frame_pts))])
    return tuple(
        Segment(
            index=number,
            seek_pts=cut.seek_pts,
            start_pts=cut.pts,
            end_pts=following.pts if following else None,
            first_sample=first,
            frame_pts=tuple(frame_pts[first:after].tolist()),
        )
        for number, ((cut, first), (following, after)) in enumerate(bounds)
        if cut is not None
    )


def cut_keys(index: PacketIndex) -> list[int]:
    """Positions in `key_pts` of the key frames nearest to each multiple of 30 s, earlier ones on ties."""
    keys_s = (index.key_pts - index.start_pts) * float(index.time_base)
    keys: list[int] = []
    for multiple_s in np.arange(SEGMENT_S, index.duration_s, SEGMENT_S):
        nearest = int(np.argmin(np.abs(keys_s - multiple_s))) if len(keys_s) else 0
        after_last = len(keys_s) and index.key_pts[nearest] > (index.key_pts[keys[-1]] if keys else index.pts[0])
        if after_last and keys_s[nearest] <= index.duration_s - END_MARGIN_S:
            keys.append(nearest)
    return keys


def try_cut(recording: Recording, index: PacketIndex, key: int, beat: Beat) -> Cut | None:
    """Decode at a key frame, as the analysis will.

    With open groups of pictures and intra refresh a key frame alone is not enough, and some
    containers seek by decoding time; so earlier starts are tried before the cut is given up.
    """
    target_pts = int(index.key_pts[key])
    for seek_pts in _starts(index, key):
        try:
            recording.seek(seek_pts)
        except av.FFmpegError:
            continue
        frames = frames_from_here(recording, beat, trusted_pts=True, until_pts=target_pts)
        if next((pts for pts, _ in frames if pts >= target_pts), None) == target_pts:
            return Cut(target_pts, seek_pts)
    return None


def _starts(index: PacketIndex, key: int) -> Iterator[int]:
    yield int(index.key_pts[key])
    if index.key_dts[key] != index.key_pts[key]:
        yield int(index.key_dts[key])
    for earlier in range(key - 1, max(-1, key - 1 - EARLIER_KEYS), -1):
        yield int(min(index.key_pts[earlier], index.key_dts[earlier]))
