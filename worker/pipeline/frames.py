"""A recording's sampled frames, decoded in order and held one at a time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain

import av
from av.video.frame import VideoFrame

from shared.domain.errors import MediaUnreadable
from shared.domain.plan import Plan, Segment
from worker.pipeline.container import Recording
from worker.pipeline.luma import Luma, fit, is_full_range, read_luma
from worker.pipeline.sparse import Beat, TimedFrame, packets_until, time_of, wanted_frames


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """What is seen at one sample; without luma the sample is unreadable."""

    number: int
    pts: int
    t_s: float
    luma: Luma | None
    full_range: bool = True
    """Whether luma goes from 0 to 255 rather than from 16 to 235."""


def sample_frames(recording: Recording, plan: Plan, segment: Segment, beat: Beat) -> Iterator[SampledFrame]:
    """The frames of a segment's samples, in order.

    A frame that does not decode is replaced by the nearest earlier one of the
    segment that does, if that is no further away than the interval.

    Args:
        beat: Called for each packet that is consumed.
    """
    shown: SampledFrame | None = None
    found_frames = _find(recording, plan, segment, beat)
    for number, (wanted_pts, found) in enumerate(
        zip(segment.frame_pts, found_frames, strict=True), segment.first_sample
    ):
        if found is None or (wanted_pts - found[0]) * plan.time_base > plan.interval_s:
            yield SampledFrame(number, wanted_pts, _seconds(plan, wanted_pts), None)
        elif shown is not None and shown.pts == found[0]:
            yield replace(shown, number=number)
        else:
            shown = _show(recording, plan, number, found)
            yield shown


def _find(recording: Recording, plan: Plan, segment: Segment, beat: Beat) -> Iterator[TimedFrame | None]:
    """For each wanted time the frame shown then, decoding as little as possible while that gives every wanted frame."""
    is_sparse = plan.trusted_pts
    reader = _Reader(
        _sparse_frames(recording, segment, beat) if is_sparse else _frames_of_segment(recording, plan, segment, beat)
    )
    for wanted_pts in segment.frame_pts:
        found = reader.at(wanted_pts)
        if is_sparse and (found is None or found[0] != wanted_pts):
            is_sparse, reader = False, _Reader(_frames_of_segment(recording, plan, segment, beat))
            found = reader.at(wanted_pts)
        yield found


def frame_at(recording: Recording, plan: Plan, t_s: float) -> VideoFrame:
    """The decodable frame shown at a time of the recording.

    Raises:
        MediaUnreadable: No frame near that time decodes.
    """
    pts = plan.start_pts + round(Fraction(t_s) / plan.time_base)
    segment = max((s for s in plan.segments if s.start_pts <= pts), key=lambda s: s.start_pts, default=plan.segments[0])
    last_key = tuple(key for key in segment.key_pts if key <= pts)[-1:]
    found = next(_find(recording, plan, replace(segment, frame_pts=(pts,), key_pts=last_key), lambda: None))
    if found is None:
        raise MediaUnreadable(f"No frame can be decoded at {t_s:.2f} s.")
    return found[1]


def frames_from_here(
    recording: Recording, beat: Beat, *, trusted_pts: bool, until_pts: int | None = None
) -> Iterator[TimedFrame]:
    """Undamaged frames with their times, strictly increasing.

    Args:
        trusted_pts: Whether the decoder's times are right; else each frame takes the earliest packet time not yet
            taken, because frames come out in the order in which they are shown.
        until_pts: Decode no further than is needed to have seen every frame up to this time.
    """
    waiting: list[int] = []
    last_pts: int | None = None
    recording.skip_unreferenced(wanted=False)
    for packet in chain(packets_until(recording, until_pts), [None]):
        beat()
        if packet is not None and not trusted_pts and not packet.is_discard:
            heapq.heappush(waiting, time_of(packet))
        for frame in recording.decode(packet):
            pts = frame.pts if trusted_pts else heapq.heappop(waiting) if waiting else None
            if pts is None or frame.is_corrupt or (last_pts is not None and pts <= last_pts):
                continue
            last_pts = pts
            yield pts, frame


class _Reader:
    """Steps through frames in order of time and knows which one is shown at a time; holds two frames at most."""

    def __init__(self, frames: Iterator[TimedFrame]) -> None:
        self._frames = frames
        self._shown: TimedFrame | None = None
        self._next = next(frames, None)

    def at(self, pts: int) -> TimedFrame | None:
        """The last frame at or before a time; times asked for must not decrease."""
        while self._next is not None and self._next[0] <= pts:
            self._shown = self._next
            self._next = next(self._frames, None)
        return self._shown


def _frames_of_segment(recording: Recording, plan: Plan, segment: Segment, beat: Beat) -> Iterator[TimedFrame]:
    until_pts = segment.frame_pts[-1] if segment.frame_pts else segment.start_pts
    frames = _owned(recording, plan, segment, beat, until_pts)
    first = next(frames, None)
    if segment.index > 0 and (first is None or first[0] != segment.start_pts):
        # Some containers build their index while they are read, and a seek in a fresh process may then land elsewhere.
        recording.rewind()
        frames = _from(segment, frames_from_here(recording, beat, trusted_pts=plan.trusted_pts, until_pts=until_pts))
        first = next(frames, None)
    return iter(()) if first is None else chain([first], frames)


def _owned(recording: Recording, plan: Plan, segment: Segment, beat: Beat, until_pts: int) -> Iterator[TimedFrame]:
    if not _go_to(recording, segment):
        return iter(())
    return _from(segment, frames_from_here(recording, beat, trusted_pts=plan.trusted_pts, until_pts=until_pts))


def _sparse_frames(recording: Recording, segment: Segment, beat: Beat) -> Iterator[TimedFrame]:
    if not _go_to(recording, segment):
        return iter(())
    return wanted_frames(recording, segment, beat)


def _go_to(recording: Recording, segment: Segment) -> bool:
    """Whether decoding can start where the segment wants it."""
    if segment.index == 0:
        recording.rewind()
        return True
    try:
        recording.seek(segment.seek_pts)
    except av.FFmpegError:
        return False
    return True


def _from(segment: Segment, frames: Iterator[TimedFrame]) -> Iterator[TimedFrame]:
    return (timed for timed in frames if timed[0] >= segment.start_pts)


def _show(recording: Recording, plan: Plan, number: int, found: TimedFrame) -> SampledFrame:
    pts, frame = found
    luma = read_luma(frame, recording.stream.sample_aspect_ratio)
    fitted = fit(luma, plan.facts.width, plan.facts.height)
    return SampledFrame(number, pts, _seconds(plan, pts), fitted, is_full_range(frame))


def _seconds(plan: Plan, pts: int) -> float:
    return float((pts - plan.start_pts) * plan.time_base)
