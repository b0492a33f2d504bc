"""Where a recording may be cut so that each part can be decoded on its own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import av
import numpy as np

from shared.domain.plan import Segment
from worker.pipeline.container import Recording
from worker.pipeline.frames import frames_from_here
from worker.pipeline.index import PacketIndex, Times
from worker.pipeline.luma import Luma, read_luma
from worker.pipeline.sparse import Beat

SEGMENT_S = 30.0  # the design's: long enough to amortise a seek, short enough to lose little when a worker dies
END_MARGIN_S = 15.0  # a shorter last part would not be worth a step
EARLIER_KEYS = 5  # how far back decoding may start; beyond that a cut costs more than it saves


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
            key_pts=_keys_to_skip_to(index, cut.pts, frame_pts[first:after]),
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


def _keys_to_skip_to(index: PacketIndex, start_pts: int, frame_pts: Times) -> tuple[int, ...]:
    """The last clean key frame at or before each wanted frame, as far as they lie after the segment's start."""
    last = np.searchsorted(index.clean_key_pts, frame_pts, side="right") - 1
    keys = np.unique(index.clean_key_pts[last[last >= 0]])
    return tuple(keys[keys > start_pts].tolist())


def try_cut(recording: Recording, index: PacketIndex, key: int, beat: Beat) -> Cut | None:
    """Decode at a key frame, as the analysis will; None where that gives no clean picture.

    Clean is a key frame that comes out first when its own time is sought. With intra refresh
    it does not, and what comes out instead may be damaged without being marked so (seen with
    x264): there, two earlier starts have to agree on the picture.
    """
    target_pts = int(index.key_pts[key])
    for seek_pts in dict.fromkeys([target_pts, int(index.key_dts[key])]):
        if _decode_until(recording, seek_pts, target_pts, beat).first_pts == target_pts:
            return Cut(target_pts, seek_pts)
    nearer: tuple[int, Luma] | None = None
    for earlier in range(key - 1, max(-1, key - 1 - EARLIER_KEYS), -1):
        seek_pts = int(min(index.key_pts[earlier], index.key_dts[earlier]))
        picture = _decode_until(recording, seek_pts, target_pts, beat).target
        if picture is not None and nearer is not None and np.array_equal(picture, nearer[1]):
            return Cut(target_pts, nearer[0])
        nearer = None if picture is None else (seek_pts, picture)
    return None


@dataclass(frozen=True, slots=True)
class _Tried:
    """What decoding from a time gave: the first frame's time, and the luma of the frame that was wanted."""

    first_pts: int | None
    target: Luma | None


def _decode_until(recording: Recording, seek_pts: int, target_pts: int, beat: Beat) -> _Tried:
    try:
        recording.seek(seek_pts)
    except av.FFmpegError:
        return _Tried(None, None)
    first_pts: int | None = None
    for pts, frame in frames_from_here(recording, beat, trusted_pts=True, until_pts=target_pts):
        first_pts = pts if first_pts is None else first_pts
        if pts >= target_pts:
            return _Tried(first_pts, read_luma(frame, None) if pts == target_pts else None)
    return _Tried(first_pts, None)
