"""Reads the headers of H.264 that tell which pictures a picture may predict from.

Only what is fully understood is read: whole frames of the usual profiles, with one
sequence parameter set that never changes. Sections and tables are those of ITU-T H.264.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from worker.pipeline.nal import (
    IDR_SLICE,
    PPS,
    SLICE,
    SPS,
    Bits,
    NotUnderstoodError,
    kind_of,
    length_bytes,
    units_after_codes,
    units_after_lengths,
    units_of_record,
)

HARMLESS = frozenset({6, 9, 12})  # table 7-1: supplemental information, delimiters, filling
PROFILES = frozenset({66, 77, 100, 110, 122, 244, 44})  # annex A, without the extended, scalable and stereo ones
HIGH_PROFILES = frozenset({100, 110, 122, 244, 44})  # 7.3.2.1.1: these state their samples' format
P, B, INTRA = 0, 1, 2  # table 7-6, modulo 5; switching slices are not read
ONE_UNUSED = 1  # table 7-9: this short-term picture is not referred to any more
MOST_KINDS = 9  # table 7-6
HEADER_BYTES = 256  # far more than a slice header takes
SET_BYTES = 4096  # far more than a parameter set takes
MOST_REFERENCES = 16  # 7.4.3, for frames

Changes = tuple[tuple[int, int], ...]


class Sequence(NamedTuple):
    """What a sequence parameter set says."""

    frame_num_bits: int
    poc_lsb_bits: int
    references: int
    """How many pictures the decoder keeps to predict from."""
    in_colour: bool


class PictureSet(NamedTuple):
    """What a picture parameter set says."""

    sps_id: int
    has_poc_delta: bool
    counts: tuple[int, int]
    weighted: tuple[bool, bool, bool]
    """Whether slices carry weights, by their kind."""


class Prediction(NamedTuple):
    """How the lists of a slice are made; equal for most slices of a picture."""

    kind: int
    counts: tuple[int, ...]
    """Entries of each list."""
    changes: tuple[Changes, ...]
    """For each list, operations of table 7-7 and their values."""


class Slice(NamedTuple):
    """The fields of a slice header, those that must be the same in all slices of a picture in `picture`."""

    first_mb: int
    prediction: Prediction
    picture: tuple[bool, bool, int, int, int, tuple[int, ...] | None]


class Picture(NamedTuple):
    """A coded frame."""

    is_idr: bool
    is_reference: bool
    frame_num: int
    poc_lsb: int
    poc_delta: int
    dropped: tuple[int, ...] | None
    """Differences of frame numbers to pictures that are not kept from here on; None for the oldest one."""
    predictions: tuple[Prediction, ...]

    @property
    def is_bidirectional(self) -> bool:
        """Whether all its slices are B slices, so that a decoder can be told to pass it over."""
        return all(prediction.kind == B for prediction in self.predictions)


class Headers:
    """The parameter sets met so far, and with them the pictures in packets."""

    def __init__(self, extradata: bytes | None) -> None:
        """Raises NotUnderstoodError."""
        self._length_bytes = length_bytes(extradata)
        self._known: set[bytes] = set()
        self._sequence: tuple[int, Sequence] | None = None
        self._sets: dict[int, PictureSet] = {}
        for unit in units_of_record(extradata or b"") if self._length_bytes else units_after_codes(extradata or b""):
            if kind_of(unit) in (SPS, PPS):
                self._learn(unit)

    @property
    def sequence(self) -> Sequence:
        if self._sequence is None:
            raise NotUnderstoodError("no sequence parameter set")
        return self._sequence[1]

    def picture(self, data: bytes, *, wanted: bool) -> Picture | None:
        """The picture in a packet; None where nothing refers to it and it is not wanted, so that it does not matter.

        Raises:
            NotUnderstoodError: Nothing can be said about this packet and those that follow it.
        """
        found = [unit for unit in self._units(data) if self._is_slice(unit)]
        ranks = {unit[0] for unit in found}
        if len(ranks) != 1:
            raise NotUnderstoodError("no picture, or several in one packet")
        if not wanted and not ranks.pop() >> 5:
            return None
        return _picture([self._slice(unit) for unit in found])

    def _units(self, data: bytes) -> Iterator[bytes]:
        return units_after_lengths(data, self._length_bytes) if self._length_bytes else units_after_codes(data)

    def _is_slice(self, unit: bytes) -> bool:
        kind = kind_of(unit)
        if kind in (SPS, PPS):
            self._learn(unit)
        elif kind not in HARMLESS and kind not in (SLICE, IDR_SLICE):
            raise NotUnderstoodError(f"NAL unit of type {kind}")
        return kind in (SLICE, IDR_SLICE)

    def _learn(self, unit: bytes) -> None:
        """Take in a parameter set; it may be repeated but not changed."""
        if unit in self._known:
            return
        bits = Bits(unit, SET_BYTES)
        if kind_of(unit) == SPS:
            if self._sequence is not None:
                raise NotUnderstoodError("several sequence parameter sets")
            self._sequence = _read_sps(bits)
        elif kind_of(unit) == PPS:
            pps_id, read = _read_pps(bits)
            if pps_id in self._sets:
                raise NotUnderstoodError("a picture parameter set changes")
            self._sets[pps_id] = read
        self._known.add(unit)

    def _slice(self, unit: bytes) -> Slice:
        bits = Bits(unit, HEADER_BYTES)
        first_mb, kind, pps_id = bits.ue(), bits.ue(), bits.ue()
        pictures = self._sets.get(pps_id)
        if kind > MOST_KINDS or kind % 5 > INTRA or pictures is None or self._sequence is None:
            raise NotUnderstoodError("a slice of another kind, or without its parameter set")
        sps_id, sequence = self._sequence
        if pictures.sps_id != sps_id:
            raise NotUnderstoodError("a picture parameter set without its sequence parameter set")
        return _read_slice(bits, unit[0], (first_mb, kind % 5), sequence, pictures)


def _read_sps(bits: Bits) -> tuple[int, Sequence]:
    """Section 7.3.2.1.1."""
    profile = bits.u(8)
    if profile not in PROFILES:
        raise NotUnderstoodError(f"profile {profile}")
    bits.u(16)
    sps_id = bits.ue()
    in_colour = _read_format(bits) if profile in HIGH_PROFILES else True
    frame_num_bits = bits.ue() + 4
    if bits.ue() != 0:
        raise NotUnderstoodError("times are not in the slices")
    poc_lsb_bits, references, has_gaps = bits.ue() + 4, bits.ue(), bits.u(1)
    bits.ue()
    bits.ue()
    if not bits.u(1) or has_gaps or max(frame_num_bits, poc_lsb_bits, references) > MOST_REFERENCES:
        raise NotUnderstoodError("fields, gaps or numbers out of range")
    return sps_id, Sequence(frame_num_bits, poc_lsb_bits, references, in_colour)


def _read_format(bits: Bits) -> bool:
    """Pass over the format of samples, and tell whether they have colour."""
    chroma_format = bits.ue()
    if chroma_format >= 3:
        raise NotUnderstoodError("planes may be coded one by one")
    bits.ue()
    bits.ue()
    bits.u(1)
    if bits.u(1):
        for number in range(8):
            if bits.u(1):
                _skip_scaling(bits, 16 if number < 6 else 64)
    return chroma_format != 0


def _skip_scaling(bits: Bits, size: int) -> None:
    """Section 7.3.2.1.1.1."""
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _read_pps(bits: Bits) -> tuple[int, PictureSet]:
    """Section 7.3.2.2."""
    pps_id, sps_id, _, has_poc_delta, groups = bits.ue(), bits.ue(), bits.u(1), bits.u(1), bits.ue()
    counts, weighted_p, weighted_b = (bits.ue() + 1, bits.ue() + 1), bits.u(1), bits.u(2)
    for _ in range(3):
        bits.se()
    bits.u(2)
    if bits.u(1) or groups:
        raise NotUnderstoodError("redundant slices or groups of them")
    return pps_id, PictureSet(sps_id, bool(has_poc_delta), counts, (bool(weighted_p), weighted_b == 1, False))


def _read_slice(bits: Bits, rank: int, start: tuple[int, int], sequence: Sequence, pictures: PictureSet) -> Slice:
    """Section 7.3.3, from the frame number to the marking of references."""
    first_mb, kind = start
    is_idr, is_reference = rank & 0x1F == IDR_SLICE, rank >> 5 > 0
    frame_num = bits.u(sequence.frame_num_bits)
    if is_idr:
        bits.ue()
    poc_lsb = bits.u(sequence.poc_lsb_bits)
    poc_delta = bits.se() if pictures.has_poc_delta else 0
    if kind == B:
        bits.u(1)
    counts = _read_counts(bits, kind, pictures)
    prediction = Prediction(kind, counts, tuple(_read_changes(bits, count) for count in counts))
    if pictures.weighted[kind]:
        _skip_weights(bits, counts, in_colour=sequence.in_colour)
    dropped = _read_marking(bits, is_idr=is_idr) if is_reference else None
    if is_idr and (kind != INTRA or frame_num or not is_reference):
        raise NotUnderstoodError("an impossible IDR picture")
    return Slice(first_mb, prediction, (is_idr, is_reference, frame_num, poc_lsb, poc_delta, dropped))


def _read_counts(bits: Bits, kind: int, pictures: PictureSet) -> tuple[int, ...]:
    if kind == INTRA:
        return ()
    lists = 2 if kind == B else 1
    counts = tuple(bits.ue() + 1 for _ in range(lists)) if bits.u(1) else pictures.counts[:lists]
    if max(counts) > MOST_REFERENCES:
        raise NotUnderstoodError("lists of references are too long")
    return counts


def _read_changes(bits: Bits, count: int) -> Changes:
    """Section 7.3.3.1, for one list."""
    if not bits.u(1):
        return ()
    changes: list[tuple[int, int]] = []
    while (operation := bits.ue()) != 3:
        if operation > 1 or len(changes) == count:
            raise NotUnderstoodError("long-term references, or too many changes to a list")
        changes.append((operation, bits.ue()))
    return tuple(changes)


def _skip_weights(bits: Bits, counts: tuple[int, ...], *, in_colour: bool) -> None:
    """Section 7.3.3.2."""
    planes = (1, 2) if in_colour else (1,)
    for _ in planes:
        bits.ue()
    for count in counts:
        for _ in range(count):
            for plane in planes:
                if bits.u(1):
                    for _ in range(2 * plane):
                        bits.se()


def _read_marking(bits: Bits, *, is_idr: bool) -> tuple[int, ...] | None:
    """Section 7.3.3.3."""
    if is_idr:
        if bits.u(2) & 1:
            raise NotUnderstoodError("long-term references")
        return ()
    if not bits.u(1):
        return None
    dropped = []
    while operation := bits.ue():
        if operation != ONE_UNUSED:
            raise NotUnderstoodError("long-term references, or a reset")
        dropped.append(bits.ue() + 1)
    return tuple(dropped)


def _picture(slices: list[Slice]) -> Picture:
    first = slices[0]
    if any(other.picture != first.picture for other in slices) or [s.first_mb for s in slices].count(0) != 1:
        raise NotUnderstoodError("slices of several pictures in one packet")
    if first.first_mb:
        raise NotUnderstoodError("slices are out of order")
    return Picture(*first.picture, tuple(dict.fromkeys(s.prediction for s in slices)))
