"""Writes the headers of H.264 bit by bit, with every field open to be set wrong."""

from __future__ import annotations

from collections.abc import Iterable


def u(value: int, count: int) -> str:
    return f"{value:0{count}b}"


def ue(value: int) -> str:
    code = f"{value + 1:b}"
    return "0" * (len(code) - 1) + code


def se(value: int) -> str:
    return ue(2 * value - 1 if value > 0 else -2 * value)


def unit(first_byte: int, bits: str) -> bytes:
    """A NAL unit: stop bit, padding and emulation prevention added."""
    bits += "1" + "0" * (-(len(bits) + 1) % 8)
    escaped, zeros = bytearray([first_byte]), 0
    for byte in int(bits, 2).to_bytes(len(bits) // 8):
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(escaped)


def sps(*, profile: int = 77, poc_type: int = 0, references: int = 2, gaps: int = 0, frames_only: int = 1) -> bytes:
    """A sequence parameter set with frame numbers of 4 bits and times of 6."""
    head = u(profile, 8) + u(30, 16) + ue(0)
    if profile == 100:  # 4:2:0, 8 bits, one flat and one falling scaling list
        head += ue(1) + ue(0) + ue(0) + "0" + "1" + "1" + se(8) + se(0) * 15 + "1" + se(-8) + "0" * 6
    times = ue(poc_type) + (ue(2) if poc_type == 0 else "")
    return unit(0x67, head + ue(0) + times + ue(references) + u(gaps, 1) + ue(5) + ue(3) + u(frames_only, 1) + "10")


def pps(*, groups: int = 0, weighted_p: int = 0, weighted_b: int = 0, redundant: int = 0, poc_delta: int = 0) -> bytes:
    """A picture parameter set for lists of one picture."""
    head = ue(0) + ue(0) + "1" + u(poc_delta, 1) + ue(groups)
    return unit(0x68, head + ue(0) + ue(0) + u(weighted_p, 1) + u(weighted_b, 2) + se(0) * 3 + "10" + u(redundant, 1))


def idr(*, first_mb: int = 0, kind: int = 7, frame_num: int = 0, long_term: int = 0) -> bytes:
    return unit(
        0x65, ue(first_mb) + ue(kind) + ue(0) + u(frame_num, 4) + ue(0) + u(0, 6) + "0" + u(long_term, 1) + se(0)
    )


def p_slice(frame_num: int, poc: int, *, changes: Iterable[tuple[int, int]] = (), rest: str = "0") -> bytes:
    """A P slice that is referred to; `rest` follows the changes of its list."""
    body = ue(0) + ue(5) + ue(0) + u(frame_num, 4) + u(poc, 6) + "0" + _changes(changes)
    return unit(0x41, body + rest + ue(0))


def b_slice(
    frame_num: int, poc: int, *, rank: int = 1, counts: tuple[int, int] | None = None, rest: str = "0"
) -> bytes:
    """A B slice; `rest` follows the changes of its lists, for one that is referred to."""
    sizes = "0" if counts is None else "1" + ue(counts[0] - 1) + ue(counts[1] - 1)
    body = ue(0) + ue(6) + ue(0) + u(frame_num, 4) + u(poc, 6) + "1" + sizes + "00"
    return unit(rank << 5 | 1, body + (rest if rank else "") + ue(0))


def _changes(changes: Iterable[tuple[int, int]]) -> str:
    written = "".join(ue(operation) + ue(value) for operation, value in changes)
    return "1" + written + ue(3) if written else "0"


def record(*sets: bytes) -> bytes:
    """The record of ISO 14496-15 with one sequence parameter set and the picture parameter sets after it."""
    first, *others = (len(one).to_bytes(2) + one for one in sets)
    return bytes([1, 77, 0, 30, 0xFF, 0xE1]) + first + bytes([len(others)]) + b"".join(others)


def with_lengths(*units: bytes) -> bytes:
    return b"".join(len(one).to_bytes(4) + one for one in units)


def with_start_codes(*units: bytes) -> bytes:
    return b"".join(b"\x00\x00\x00\x01" + one for one in units)
