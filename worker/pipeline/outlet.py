"""Where an encoder's bytes go: pieces with their place, so that whoever writes them down needs to give no file away."""

from __future__ import annotations

import os
from collections.abc import Callable

PIECE_BYTES = 1 << 20

WritePiece = Callable[[int, bytes], None]
"""Takes a piece of the file and where it begins; a later piece may lie over an earlier one."""


class Outlet:
    """A file that can be written and sought in, and neither read nor cut; holds one piece at most."""

    def __init__(self, write_piece: WritePiece) -> None:
        self._write_piece = write_piece
        self._piece = bytearray()
        self._begins_at = 0
        self.size_bytes = 0
        self.closed = False
        """Set when no more is wanted: a muxer that is thrown away would still write its end."""

    def write(self, chunk: bytes) -> int:
        self._piece += chunk
        self.size_bytes = max(self.size_bytes, self.tell())
        if len(self._piece) >= PIECE_BYTES:
            self.flush()
        return len(chunk)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self.size_bytes}[whence]
        if base + offset != self.tell():
            self.flush()
            self._begins_at = base + offset
        return self.tell()

    def tell(self) -> int:
        return self._begins_at + len(self._piece)

    def flush(self) -> None:
        if self._piece and not self.closed:
            self._write_piece(self._begins_at, bytes(self._piece))
        self._begins_at = self.tell()
        self._piece.clear()
