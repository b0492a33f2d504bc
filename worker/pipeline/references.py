"""Proves which pictures of H.264 a decoder may pass over although others could refer to them.

FFmpeg passes over B pictures when told to, but notices the gap in the frame numbers and puts a stand-in, a second
view of the latest reference, in the missing one's place. So the decoder's buffer is followed twice here, picture
by picture: once with all pictures decoded, once with some passed over and their stand-ins. A needed picture comes
out the same when it has the same place in the order of output and its lists hold the same pictures in both; what
comes after the pictures looked at does when the buffer is the same in both at the end. Nothing else is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Run
from itertools import count
from typing import NamedTuple

from worker.pipeline.nal import NotUnderstoodError
from worker.pipeline.slices import INTRA, B, Picture, Prediction, Sequence


class Reference(NamedTuple):
    """A picture in the buffer."""

    frame_num: int
    poc: int
    """Where it stands in the order of output."""
    number: int
    """Which picture's samples it shows; a stand-in shows another one's."""
    stands_in: bool


class Buffer(NamedTuple):
    """What the next picture depends on."""

    references: tuple[Reference, ...]
    """The latest first."""
    frame_num: int
    poc_msb: int
    poc_lsb: int


class Seen(NamedTuple):
    """What decoding a picture depends on besides its own bits."""

    poc: int
    lists: tuple[tuple[tuple[Reference, ...], ...], ...]
    """For each way of prediction in its slices, the pictures of each list."""


class Coded(NamedTuple):
    """A picture in a packet, and whether it may be passed over if that changes no other."""

    picture: Picture
    spare: bool


Step = tuple[Seen, Buffer]


class Follower:
    """Knows the decoder's buffer after the pictures shown to it, from the first IDR picture on."""

    def __init__(self, sequence: Sequence) -> None:
        self._sequence = sequence
        self._buffer: Buffer | None = None
        self._numbers = count()

    def spared(self, run: Run[Coded], *, goes_on: bool) -> set[int]:
        """Which of the next pictures can be passed over without changing any other.

        Args:
            run: In order of decoding; IDR pictures only as the first.
            goes_on: Whether more pictures follow that are no IDR picture.

        Raises:
            NotUnderstoodError: The pictures contradict each other; the buffer is not known any more.
        """
        if not run or (self._buffer is None and not run[0].picture.is_idr):
            return set()
        start, numbers = self._buffer or EMPTY, [next(self._numbers) for _ in run]
        full = self._all_decoded(start, run, numbers)
        self._buffer = full[-1][1]
        unneeded = _unneeded(run, numbers, [seen for seen, _ in full], self._buffer if goes_on else None)
        return _Trial(self._sequence, run, numbers, [(UNKNOWN, start), *full], unneeded).settle(goes_on=goes_on)

    def _all_decoded(self, buffer: Buffer, run: Run[Coded], numbers: list[int]) -> list[Step]:
        steps: list[Step] = []
        for (picture, _), number in zip(run, numbers, strict=True):
            steps.append(decoded(self._sequence, buffer, picture, number))
            buffer = steps[-1][1]
            if any(reference.stands_in for reference in buffer.references):
                raise NotUnderstoodError("pictures are missing")
        return steps


class _Trial:
    """Decoding with pictures passed over, compared with decoding them all."""

    def __init__(
        self, sequence: Sequence, run: Run[Coded], numbers: list[int], full: list[Step], unneeded: frozenset[int]
    ) -> None:
        self._sequence = sequence
        self._unneeded = unneeded
        self._run = run
        self._numbers = numbers
        self._full = full
        self._before = [buffer for _, buffer in full]

    def settle(self, *, goes_on: bool) -> set[int]:
        """Those of the unneeded that can be passed over; others are taken back until nothing needed differs.

        One that is taken back may still come out wrong, as nobody looks at it, but takes its place in the buffer.
        """
        passed = set(self._unneeded)
        at = min(passed, default=len(self._run))
        while at < len(self._run) or (goes_on and self._before[at] != self._full[at][1]):
            suspects = self._suspects(at, passed)
            passed -= suspects
            at = min(suspects, default=at + 1)
        return passed

    def _suspects(self, at: int, passed: set[int]) -> set[int]:
        """Which pictures must be decoded after all because this one, or those after the last, would change."""
        if at == len(self._run):
            return {max(passed)}
        if at in passed:
            self._before[at + 1] = self._before[at]
            return set()
        seen, self._before[at + 1] = self._step(at)
        expected = self._full[at + 1][0]
        same = seen.poc == expected.poc if at in self._unneeded else seen == expected
        return set() if same else self._missed(seen, at, passed)

    def _step(self, at: int) -> Step:
        before = self._before[at]
        if before == self._full[at][1]:
            return self._full[at + 1]
        try:
            return decoded(self._sequence, before, self._run[at].picture, self._numbers[at])
        except NotUnderstoodError:
            return UNKNOWN, before

    def _missed(self, seen: Seen, at: int, passed: set[int]) -> set[int]:
        """The pictures whose stand-ins would be used, else the last one passed over."""
        before = sorted(other for other in passed if other < at)
        last_of = {self._run[other].picture.frame_num: other for other in before}
        used = {last_of[reference.frame_num] for reference in _referred(seen) if reference.stands_in}
        return used or {before[-1]}


EMPTY = Buffer((), 0, 0, 0)
UNKNOWN = Seen(-(2**31), ())


def _unneeded(run: Run[Coded], numbers: list[int], seen: list[Seen], end: Buffer | None) -> frozenset[int]:
    """The pictures that may be passed over and to which no other one of these refers, nor one that follows."""
    needed = {reference.number for reference in end.references} if end else set()
    chosen = set()
    for at in reversed(range(len(run))):
        if run[at].spare and numbers[at] not in needed:
            chosen.add(at)
        else:
            needed.update(reference.number for reference in _referred(seen[at]))
    return frozenset(chosen)


def _referred(seen: Seen) -> Iterator[Reference]:
    return (reference for lists in seen.lists for one in lists for reference in one)


def decoded(sequence: Sequence, buffer: Buffer, picture: Picture, number: int) -> Step:
    """What FFmpeg's decoder does with a picture; h264_field_start and h264_field_end there."""
    if picture.is_idr:
        buffer = Buffer((), 0, 0, picture.poc_lsb)
    references = _without_gap(sequence, buffer, picture.frame_num)
    poc_msb = _poc_msb(sequence, buffer, picture.poc_lsb)
    poc = poc_msb + picture.poc_lsb + min(0, picture.poc_delta)
    lists = tuple(
        _lists(sequence, references, prediction, picture.frame_num, poc) for prediction in picture.predictions
    )
    if not picture.is_reference:
        return Seen(poc, lists), buffer._replace(references=references, frame_num=picture.frame_num)
    kept = Reference(picture.frame_num, poc, number, stands_in=False)
    references = _marked(sequence, references, kept, picture.dropped)
    return Seen(poc, lists), Buffer(references, picture.frame_num, poc_msb, picture.poc_lsb)


def _poc_msb(sequence: Sequence, buffer: Buffer, poc_lsb: int) -> int:
    """Section 8.2.1.1."""
    period = 1 << sequence.poc_lsb_bits
    step = poc_lsb - buffer.poc_lsb
    if step <= -period // 2:
        return buffer.poc_msb + period
    return buffer.poc_msb - period if step > period // 2 else buffer.poc_msb


def _without_gap(sequence: Sequence, buffer: Buffer, frame_num: int) -> tuple[Reference, ...]:
    """The references when a picture arrives, with stand-ins for those that should have come before it."""
    period, references, last = 1 << sequence.frame_num_bits, buffer.references, buffer.frame_num
    missing = min((frame_num - last) % period - 1, sequence.references)
    for ahead in range(missing, 0, -1):
        if not references:
            raise NotUnderstoodError("nothing can stand in")
        latest = references[0]
        stand_in = Reference((frame_num - ahead) % period, latest.poc + 2, latest.number, stands_in=True)
        references = _marked(sequence, references, stand_in, None)
    return references


def _marked(
    sequence: Sequence, references: tuple[Reference, ...], new: Reference, dropped: tuple[int, ...] | None
) -> tuple[Reference, ...]:
    """The references after a picture; section 8.2.5."""
    period = 1 << sequence.frame_num_bits
    gone = {(new.frame_num - difference) % period for difference in dropped or ()}
    references = tuple(kept for kept in references if kept.frame_num not in gone)[: max(1, sequence.references) - 1]
    if any(kept.frame_num == new.frame_num for kept in references):
        raise NotUnderstoodError("two pictures of the same number")
    if any(kept.stands_in and (new.frame_num - kept.frame_num) % period > sequence.references for kept in references):
        raise NotUnderstoodError("a stand-in is so old that FFmpeg forgets it")
    return (new, *references)


def _lists(
    sequence: Sequence, references: tuple[Reference, ...], prediction: Prediction, frame_num: int, poc: int
) -> tuple[tuple[Reference, ...], ...]:
    """Section 8.2.4."""
    if prediction.kind == INTRA:
        return ()
    initial = _by_time(references, poc) if prediction.kind == B else (references,)
    return tuple(
        _changed(sequence, references, initial[number][:size], (size, frame_num), prediction.changes[number])
        for number, size in enumerate(prediction.counts)
    )


def _by_time(references: tuple[Reference, ...], poc: int) -> tuple[tuple[Reference, ...], ...]:
    """Section 8.2.4.2.3; of several with the same time FFmpeg takes one, and it compares samples, not pictures."""
    earlier = {reference.poc: reference for reference in references if reference.poc <= poc}
    later = {reference.poc: reference for reference in reversed(references) if reference.poc > poc}
    before = tuple(earlier[time] for time in sorted(earlier, reverse=True))
    after = tuple(later[time] for time in sorted(later))
    first, second = before + after, after + before
    if len(second) > 1 and [r.number for r in first] == [r.number for r in second]:
        second = (second[1], second[0], *second[2:])
    return first, second


def _changed(
    sequence: Sequence,
    references: tuple[Reference, ...],
    initial: tuple[Reference, ...],
    place: tuple[int, int],
    changes: tuple[tuple[int, int], ...],
) -> tuple[Reference, ...]:
    """A list after its modification; section 8.2.4.3.1."""
    size, predicted = place
    entries: list[Reference | None] = [*initial, *[None] * (size - len(initial))]
    for index, (operation, value) in enumerate(changes):
        predicted = (predicted + (value + 1 if operation else -value - 1)) % (1 << sequence.frame_num_bits)
        found = next((reference for reference in references if reference.frame_num == predicted), None)
        if found is None:
            raise NotUnderstoodError("a list names a picture that is not there")
        rest = (at for at in range(index, size) if (entry := entries[at]) and entry.frame_num == predicted)
        del entries[next(rest, size - 1)]
        entries.insert(index, found)
    whole = tuple(entry for entry in entries if entry is not None)
    if len(whole) < size:
        raise NotUnderstoodError("a list is not full")
    return whole
