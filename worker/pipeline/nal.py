"""NAL units of H.264, taken apart: where each begins, what it holds, and its bits. Sections are those of ITU-T H.264."""

from __future__ import annotations

from collections.abc import Iterator

SLICE, IDR_SLICE, SPS, PPS = 1, 5, 7, 8  # table 7-1: what a NAL unit holds
LONGEST_CODE = 32  # bits of an Exp-Golomb code's value
AVC_RECORD = 1  # first byte of ISO 14496-15's record, which precedes NAL units with lengths
START_CODE = b"\x00\x00\x01"  # annex B


class NotUnderstoodError(Exception):
    """Headers are damaged, or use what is not read here; nothing follows from them."""


class Bits:
    """The first bits of a NAL unit after its header, read one after the other; section 7.2."""

    __slots__ = ("_at", "_bits")

    def __init__(self, unit: bytes, limit_bytes: int) -> None:
        raw = unit[1:limit_bytes].replace(b"\x00\x00\x03", b"\x00\x00")  # 7.4.1.1
        self._bits = f"{int.from_bytes(raw):0{8 * len(raw)}b}" if raw else ""
        self._at = 0

    def u(self, count: int) -> int:
        at = self._at
        self._at = end = at + count
        if end > len(self._bits):
            raise NotUnderstoodError("a header is cut short")
        return int(self._bits[at:end], 2)

    def ue(self) -> int:
        """An unsigned Exp-Golomb code; section 9.1."""
        at = self._at
        one = self._bits.find("1", at)
        self._at = end = one + one - at + 1
        if one < 0 or end > len(self._bits) or one - at >= LONGEST_CODE:
            raise NotUnderstoodError("a header is cut short")
        return int(self._bits[one:end], 2) - 1

    def se(self) -> int:
        """A signed Exp-Golomb code; section 9.1.1."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def length_bytes(extradata: bytes | None) -> int:
    """How long the lengths before NAL units are; 0 where start codes separate them."""
    if not extradata or len(extradata) < 5 or extradata[0] != AVC_RECORD:
        return 0
    return (extradata[4] & 3) + 1


def units_after_codes(data: bytes) -> Iterator[bytes]:
    """What stands between start codes, without the zeros that may follow it; annex B."""
    at = data.find(START_CODE)
    while at >= 0:
        end = data.find(START_CODE, at + len(START_CODE))
        yield data[at + len(START_CODE) : end if end >= 0 else len(data)].rstrip(b"\x00")
        at = end


def units_after_lengths(data: bytes, size: int) -> Iterator[bytes]:
    """What stands after lengths, which must end where the packet does."""
    at = 0
    while at < len(data):
        start = at + size
        at = start + int.from_bytes(data[at:start])
        if at > len(data) or at == start:
            raise NotUnderstoodError("a length does not fit its packet")
        yield data[start:at]


def units_of_record(record: bytes) -> Iterator[bytes]:
    """The parameter sets that a container keeps; ISO 14496-15, 5.3.3.1.2."""
    at = 5
    for mask in (0x1F, 0xFF):
        if at >= len(record):
            raise NotUnderstoodError("a record is cut short")
        count, at = record[at] & mask, at + 1
        for _ in range(count):
            start = at + 2
            at = start + int.from_bytes(record[at:start])
            if at > len(record):
                raise NotUnderstoodError("a record is cut short")
            yield record[start:at]


def kind_of(unit: bytes) -> int:
    """The type of a NAL unit; 0, which means nothing, for a damaged one."""
    return 0 if not unit or unit[0] & 0x80 else unit[0] & 0x1F
