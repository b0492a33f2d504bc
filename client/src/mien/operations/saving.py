"""A download on its way to a file, which appears there when it is whole."""

from __future__ import annotations

import mimetypes
import re
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from mien.errors import UnexpectedAnswer
from mien.wire import Reply

RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


class Saving:
    """Keeps what came beside the file, as `NAME.part`, with the tag of what it is a part of as `NAME.part.tag`.

    Args:
        path: A file, or a folder for a name made of `stem` and the kind of what comes.
    """

    def __init__(self, path: Path, stem: str) -> None:
        self.path = path
        self.size_bytes = 0
        self.total_bytes = 0
        """0 while nobody knows."""
        self._folder = path if path.is_dir() else None
        self._part = (path / stem if self._folder else path).with_name(f"{stem if self._folder else path.name}.part")
        self._tag = self._part.with_name(f"{self._part.name}.tag")
        self._stem = stem
        self._file: BinaryIO | None = None

    def range_headers(self) -> dict[str, str]:
        """Ask for the rest of what is kept, if it is still a part of the same."""
        with suppress(OSError):
            size, tag = self._part.stat().st_size, self._tag.read_text()
            if size and tag:
                return {"Range": f"bytes={size}-", "If-Range": tag}
        return {}

    def begin(self, reply: Reply) -> None:
        """Raises UnexpectedAnswer when the server goes on elsewhere than it was asked to."""
        going_on = reply.status == 206
        self._file = self._part.open("ab" if going_on else "wb")
        self.size_bytes = self._file.tell()
        self.total_bytes = _total(reply, self.size_bytes)
        tag = reply.headers.get("etag", "")
        self._tag.write_text("" if tag.startswith("W/") else tag)  # a weak one vouches for no byte
        if self._folder is not None:
            self.path = self._folder / f"{self._stem}{_ending(reply)}"

    def write(self, data: bytes) -> None:
        assert self._file is not None
        self._file.write(data)
        self.size_bytes += len(data)

    def finish(self) -> None:
        self.close()
        self._part.replace(self.path)
        self._tag.unlink(missing_ok=True)

    def forget(self) -> None:
        self._part.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)

    def close(self) -> None:
        """What came stays for the next try."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _total(reply: Reply, kept_bytes: int) -> int:
    if reply.status != 206:
        length = reply.headers.get("content-length", "")
        return int(length) if length.isdigit() else 0
    found = RANGE.fullmatch(reply.headers.get("content-range", ""))
    if found is None or int(found[1]) != kept_bytes:
        raise UnexpectedAnswer("the server goes on elsewhere than it was asked to")
    return int(found[2])


def _ending(reply: Reply) -> str:
    """`.mp4` for `video/mp4`."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip()
    return mimetypes.guess_extension(kind) or ""
