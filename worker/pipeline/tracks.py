"""Which detections belong to one person: within a segment while it is read, across segments at the end.

One rule for both. A detection joins a track when no other does, its centre is
within 1.5 widths, its size within half and double, and the gap is below 30 s.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import dist
from typing import TypeVar

from shared.domain.samples import Box, Sample

MAX_DISTANCE_WIDTHS = 1.5
MIN_SIZE_RATIO, MAX_SIZE_RATIO = 0.5, 2.0
MAX_GAP_S = 30.0

TrackMapping = dict[int, dict[int, int]]
"""For each segment's index, the joined track of each local one."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a face was at a time."""

    t_s: float
    box: Box


class TrackFollower:
    """Gives the detections of successive samples their local track ids."""

    def __init__(self) -> None:
        self._last: dict[int, Seen] = {}
        self._next_id = 0

    def follow(self, t_s: float, boxes: Sequence[Box]) -> list[int]:
        """One track id for each box, in their order."""
        seen = {position: Seen(t_s, box) for position, box in enumerate(boxes)}
        joined = pair_up(self._last, seen)
        ids = [joined[position] if position in joined else self._open() for position in seen]
        self._last.update(zip(ids, seen.values(), strict=True))
        return ids

    def _open(self) -> int:
        self._next_id += 1
        return self._next_id - 1


def join_tracks(samples_by_segment: Mapping[int, Sequence[Sample]]) -> TrackMapping:
    """Carry tracks over the borders of segments.

    Returns:
        Joined ids, counted up in the order in which tracks first appear.
    """
    last: dict[int, Seen] = {}
    mapping: TrackMapping = {}
    for index in sorted(samples_by_segment):
        first_seen, last_seen = _ends(samples_by_segment[index])
        ids = _join_segment(last, first_seen)
        last.update({ids[local]: seen for local, seen in last_seen.items()})
        mapping[index] = ids
    return mapping


def pair_up(tracks: Mapping[int, Seen], seen: Mapping[Key, Seen]) -> dict[Key, int]:
    """Pairs of detection and track, nearest first; each is used once."""
    pairs = sorted(
        (distance, track, order, key)
        for order, (key, new) in enumerate(seen.items())
        for track, old in tracks.items()
        if (distance := _distance_widths(old, new)) is not None
    )
    joined: dict[Key, int] = {}
    for _, track, _, key in pairs:
        if key not in joined and track not in joined.values():
            joined[key] = track
    return joined


def _join_segment(last: Mapping[int, Seen], first_seen: Mapping[int, Seen]) -> dict[int, int]:
    """Local tracks claim joined ones in the order of their first appearance, those of one moment together."""
    free, next_id = dict(last), max(last, default=-1) + 1
    ids: dict[int, int] = {}
    for together in _by_time(first_seen):
        joined = pair_up(free, together)
        for local in together:
            ids[local] = joined.get(local, next_id)
            next_id += local not in joined
            free.pop(ids[local], None)
    return ids


def _by_time(first_seen: Mapping[int, Seen]) -> Iterator[dict[int, Seen]]:
    for t_s in sorted({seen.t_s for seen in first_seen.values()}):
        yield {local: seen for local, seen in sorted(first_seen.items()) if seen.t_s == t_s}


def _ends(samples: Sequence[Sample]) -> tuple[dict[int, Seen], dict[int, Seen]]:
    first: dict[int, Seen] = {}
    last: dict[int, Seen] = {}
    for sample in samples:
        for face in sample.faces:
            last[face.track] = Seen(sample.t_s, face.box)
            first.setdefault(face.track, last[face.track])
    return first, last


def _distance_widths(old: Seen, new: Seen) -> float | None:
    """Distance of the centres in widths of the older box; None when they cannot be one person's."""
    size_ratio = new.box.width / old.box.width
    distance = dist(new.box.middle, old.box.middle) / old.box.width
    near = distance <= MAX_DISTANCE_WIDTHS and MIN_SIZE_RATIO <= size_ratio <= MAX_SIZE_RATIO
    return distance if near and new.t_s - old.t_s < MAX_GAP_S else None
