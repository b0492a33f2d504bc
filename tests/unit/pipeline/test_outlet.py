from __future__ import annotations

import os

from worker.pipeline.outlet import PIECE_BYTES, Outlet


def written(*steps: tuple[str, object]) -> tuple[bytes, list[int]]:
    """What comes of some writes and seeks, and how large the pieces were."""
    file, sizes = bytearray(), []

    def write_piece(at: int, piece: bytes) -> None:
        file.extend(b"\0" * (at + len(piece) - len(file)))
        file[at : at + len(piece)] = piece
        sizes.append(len(piece))

    outlet = Outlet(write_piece)
    for name, argument in steps:
        getattr(outlet, name)(*(argument if isinstance(argument, tuple) else (argument,)))
    outlet.flush()
    return bytes(file), sizes


def test_what_is_written_in_order_goes_out_in_large_pieces() -> None:
    file, sizes = written(*[("write", b"x" * 1000)] * 3000)

    assert file == b"x" * 3_000_000
    assert len(sizes) == 3
    assert max(sizes) < PIECE_BYTES + 1000


def test_a_later_piece_may_lie_over_an_earlier_one() -> None:
    file, _ = written(("write", b"head????tail"), ("seek", 4), ("write", b"body"), ("seek", (0, os.SEEK_END)),
                      ("write", b"!"))  # fmt: skip

    assert file == b"headbodytail!"


def test_room_may_be_left() -> None:
    file, _ = written(("write", b"a"), ("seek", (3, os.SEEK_CUR)), ("write", b"b"))

    assert file == b"a\0\0\0b"


def test_a_seek_to_where_one_is_costs_nothing() -> None:
    _, sizes = written(("write", b"a"), ("seek", 1), ("write", b"b"))

    assert sizes == [2]
