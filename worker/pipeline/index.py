"""When each frame is shown, found by reading packets without decoding them.

Kept as arrays: as Python objects, a four-hour recording would cost 80 MB.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.packet import Packet
from av.stream import Stream
from numpy.typing import NDArray

from shared.domain.errors import MediaUnreadable, TimingInvalid
from worker.pipeline.container import Recording, VideoPacket, too_long
from worker.pipeline.keys import KeyFrames

Times = NDArray[np.int64]
WRAP_S = 2**32 / 90_000  # FFmpeg takes a step back in MPEG-TS for its 33-bit clock turning over
BACKWARD_S = 1.0  # key frames that step back further than this belong to two timelines
MAX_FRAME_GAP_S = 2.0  # no camera pauses so long: a demuxer has skipped what it could not read
SAME_TIME_S = 1e-6  # a frame this little after a sample's time still stands for it


@dataclass(frozen=True, kw_only=True)
class PacketIndex:
    """The shown frames of a recording, sorted by time."""

    pts: Times
    """(frames,) int64, strictly increasing, in the stream's time base."""
    key_pts: Times
    """(keys,) int64, increasing: where decoding can start."""
    key_dts: Times
    """(keys,) int64, decoding time of each key frame; its pts where the container has none."""
    clean_key_pts: Times
    """(clean keys,) int64, increasing: key frames after which nothing refers to what came before them."""
    time_base: Fraction
    start_pts: int
    """The pts that is time zero."""
    last_duration_pts: int
    """How long the last frame is shown."""
    longest_end_s: float
    """Where the longest stream ends, from the container's own zero, to compare with what its header states."""
    damaged: bool
    """Whether packets are marked as damaged, or frames are missing for longer than MAX_FRAME_GAP_S."""
    trusted: bool
    """False when packets lack presentation times, so that frames take them in order of output."""

    @property
    def duration_s(self) -> float:
        """The last frame's time and its duration."""
        return self.seconds(int(self.pts[-1]) + self.last_duration_pts)

    @property
    def last_s(self) -> float:
        return self.seconds(int(self.pts[-1]))

    @property
    def fps(self) -> float:
        """Frames per second on average; never used to compute a time."""
        return round(len(self.pts) / self.duration_s, 3) if self.duration_s > 0 else 0.0

    def seconds(self, pts: int) -> float:
        return float((pts - self.start_pts) * self.time_base)

    def sample_pts(self, interval_s: float) -> Times:
        """For every sample, the pts of the last frame at or before its time.

        Returns:
            (samples,) int64; sample k is at k * interval_s, from 0 to the last frame's time.
        """
        times_s = np.arange(int((self.last_s + SAME_TIME_S) / interval_s) + 1) * interval_s
        frames_s = (self.pts - self.start_pts) * float(self.time_base)
        at = np.searchsorted(frames_s, times_s + SAME_TIME_S, side="right") - 1
        return self.pts[np.maximum(at, 0)]


def index_packets(recording: Recording, beat: Callable[[], None]) -> PacketIndex:
    """Read the recording through once.

    Raises:
        MediaUnreadable: No packet of the video can be read.
        TimingInvalid: The packets carry no times, or times that contradict each other.
        DurationLimit: The frames reach further than is accepted.
    """
    columns = _Columns(KeyFrames(recording))
    for packet in recording.packets():
        beat()
        columns.reach(packet)
        if recording.owns(packet):
            columns.add(packet)
    return _index_of(columns, recording)


class _Columns:
    """Grows with the packets, by 8 bytes for each frame."""

    def __init__(self, keys: KeyFrames) -> None:
        self.keys = keys
        self.pts = array("q")
        self.key_pts = array("q")
        self.key_dts = array("q")
        self.key_clean = array("b")
        self.packets = 0
        self.last = (-(2**63), 0)
        self.without_pts = 0
        self.damaged = 0
        self.damaged_tail: set[int] = set()
        self.ends: dict[int, tuple[int, Fraction]] = {}

    def reach(self, packet: Packet[Stream]) -> None:
        """Note how far each stream extends."""
        end = (packet.pts or 0) + (packet.duration or 0)
        if end > self.ends.get(packet.stream_index, (0, Fraction(1)))[0]:
            self.ends[packet.stream_index] = end, packet.time_base

    def add(self, packet: VideoPacket) -> None:
        self.packets += 1
        pts = packet.pts if packet.pts is not None else packet.dts
        if pts is None or packet.is_discard:
            return
        self.pts.append(pts)
        self.last = max(self.last, (pts, packet.duration or 0))
        self.without_pts += packet.pts is None
        self.damaged += packet.is_corrupt
        if packet.is_corrupt:
            self.damaged_tail.add(pts)
        else:
            self.damaged_tail.clear()
        if packet.is_keyframe:
            self.key_pts.append(pts)
            self.key_dts.append(packet.dts if packet.dts is not None else pts)
            self.key_clean.append(self.keys.starts_anew(packet))
        elif self.key_pts and pts < self.key_pts[-1]:
            self.key_clean[-1] = False  # a picture shown before it may refer to what came before it

    @property
    def longest_end_s(self) -> float:
        return max((float(end * time_base) for end, time_base in self.ends.values()), default=0.0)


def _index_of(columns: _Columns, recording: Recording) -> PacketIndex:
    pts = _sorted_times(columns)
    time_base, declared = recording.time_base, recording.stream.start_time
    start_pts = int(pts[0]) if declared is None or declared < pts[0] else declared
    _refuse_two_timelines(columns.key_pts, time_base)
    length_s = float((int(pts[-1]) - start_pts) * time_base)
    if length_s > recording.limits.duration_s:
        raise too_long(length_s, recording.limits)
    order = np.argsort(columns.key_pts, kind="stable")
    key_pts = np.array(columns.key_pts, dtype=np.int64)[order]
    return PacketIndex(
        pts=pts,
        key_pts=key_pts,
        key_dts=np.array(columns.key_dts, dtype=np.int64)[order],
        clean_key_pts=np.unique(key_pts[np.array(columns.key_clean, dtype=bool)[order]]),
        time_base=time_base,
        start_pts=start_pts,
        last_duration_pts=_last_duration_pts(columns, pts),
        longest_end_s=columns.longest_end_s,
        damaged=_is_damaged(columns, pts, time_base),
        trusted=columns.without_pts == 0,
    )


def _sorted_times(columns: _Columns) -> Times:
    """Distinct times of the frames, without a last packet that is cut short."""
    if not columns.packets:
        raise MediaUnreadable("No packet of the video can be read. The file is damaged: send it again.")
    pts = np.unique(np.array(columns.pts, dtype=np.int64))
    if len(pts) == 0 or (len(pts) == 1 and columns.packets > 1):
        raise TimingInvalid("The frames carry no usable presentation times. Remux or re-encode the recording.")
    whole = pts[~np.isin(pts, list(columns.damaged_tail))]
    return whole if len(whole) else pts


def _refuse_two_timelines(key_pts: array[int], time_base: Fraction) -> None:
    steps_s = np.diff(np.array(key_pts, dtype=np.float64)) * float(time_base)
    if len(steps_s) and (steps_s.min() < -BACKWARD_S or steps_s.max() > WRAP_S):
        raise TimingInvalid(
            "The presentation times jump back, as when recordings are joined byte by byte. "
            "Re-encode the recording or send its parts one by one."
        )


def _is_damaged(columns: _Columns, pts: Times, time_base: Fraction) -> bool:
    longest_gap_s = float(np.diff(pts).max() * time_base) if len(pts) > 1 else 0.0
    return columns.damaged > len(columns.damaged_tail) or longest_gap_s > MAX_FRAME_GAP_S


def _last_duration_pts(columns: _Columns, pts: Times) -> int:
    """As stated, else that of the frame before: containers without durations leave it open."""
    last_pts, duration_pts = columns.last
    if duration_pts > 0 and last_pts == pts[-1]:
        return duration_pts
    return int(pts[-1] - pts[-2]) if len(pts) > 1 else 0
