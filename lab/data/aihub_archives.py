"""AI Hub's zip files, read member by member where they lie; files that were unpacked already are read as well."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from lab.data.damage import Damaged

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})  # the set itself has .jpg and, 1 in 70, .jpeg
LABELS = frozenset({".json"})
UTF8_NAME = 0x800  # APPNOTE.TXT 4.4.4, bit 11: the name is in UTF-8
DAMAGE = (BadZipFile, EOFError, LZMAError, OSError, OverflowError, RuntimeError, ValueError, struct.error, zlib.error)
"""What the standard library raises at a zip file's wrong bytes; also at methods and versions it does not know."""
END, END_LOCATOR = b"PK\x05\x06", b"PK\x06\x07"  # APPNOTE.TXT 4.3.16 and 4.3.15
END_BYTES, WIDE_END_BYTES, LOCATOR_BYTES = 22, 56, 20  # of 4.3.16 without a comment, 4.3.14 and 4.3.15
LONGEST_COMMENT = 0xFFFF
PIECE = re.compile(r"\.zip\.part\d+|\.z\d\d", re.IGNORECASE)  # what AI Hub's downloader leaves when it is cut off


@dataclass(frozen=True, slots=True)
class Member:
    place: str
    """The file, and the member's name in it after `!`."""
    name: str
    """Its last part, in NFC."""
    read: Callable[[], bytes]
    """Only while the walk stands at it. Raises Damaged."""

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix.lower()


def nfc(text: str) -> str:
    """Hangul in whole syllables; a Mac writes names in loose letters (NFD)."""
    return unicodedata.normalize("NFC", text)


def files(root: Path) -> list[Path]:
    """All files under a folder, in an order that does not depend on the machine.

    Raises:
        Damaged: It is no folder, or holds a piece of an archive.
    """
    if not root.is_dir():
        raise Damaged(readable(root), "is no folder")
    found = [path for path in root.rglob("*") if path.is_file() and not _is_clutter(path.relative_to(root).as_posix())]
    for path in found:
        if PIECE.search(path.name):
            raise Damaged(readable(path), "is a piece of an archive: join all pieces into one .zip first")
    return sorted(found, key=readable)


def members(path: Path) -> Iterator[Member]:
    """What a file holds: a zip file its members, any other itself. Raises Damaged."""
    place = readable(path)
    if path.suffix.lower() != ".zip":
        yield Member(place, PurePosixPath(place).name, path.read_bytes)
        return
    with _opened(path) as archive:
        for name, info in _listed(archive):
            inside = f"{place}!{name}"
            if name.lower().endswith(".zip"):
                raise Damaged(inside, "is an archive inside another: unpack the outer one first")
            yield Member(inside, PurePosixPath(name).name, partial(_read, archive, info, inside))


def inputs(root: Path, paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Size and hash of each zip file and each file of labels, and one of all pictures that lie unpacked."""
    found: list[dict[str, Any]] = []
    unpacked = []
    for path in paths:
        name, size = readable(path.relative_to(root)), path.stat().st_size
        if path.suffix.lower() in {".zip", *LABELS}:
            found.append({"file": name, "bytes": size, **fingerprint(path)})
        elif path.suffix.lower() in PICTURES:
            unpacked.append((name, size))
    return [*found, *([_unpacked(unpacked)] if unpacked else [])]


def _unpacked(named: list[tuple[str, int]]) -> dict[str, Any]:
    listed = "".join(f"{name}\0{size}\n" for name, size in named).encode(errors="replace")
    total = sum(size for _, size in named)
    hashed = {"sha256": hashlib.sha256(listed).hexdigest(), "of": "names and sizes"}
    return {"file": f"{len(named)} unpacked pictures", "bytes": total, **hashed}


def fingerprint(path: Path) -> dict[str, str]:
    """SHA-256 of a file; of a zip file, of its list of names, sizes and CRC-32, which reading verifies."""
    if path.suffix.lower() != ".zip":
        return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "of": "content"}
    digest = hashlib.sha256()
    with _opened(path) as archive:
        for name, info in _listed(archive):
            digest.update(f"{name}\0{info.file_size}\0{info.CRC:08x}\n".encode(errors="replace"))
    return {"sha256": digest.hexdigest(), "of": "names, sizes and CRC-32 of its members"}


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    try:
        archive = ZipFile(path)
        promised = _promised(path)
    except DAMAGE as error:
        raise Damaged(readable(path), f"cannot be opened as a zip file: {error}") from error
    with archive:
        if promised > len(archive.infolist()):  # fewer are no damage: a Mac counts modulo 65536
            raise Damaged(readable(path), f"lists {len(archive.infolist())} members, but says {promised}")
        yield archive


def _promised(path: Path) -> int:
    """The number of members by the end of a zip file, at which Python does not look."""
    reach = LONGEST_COMMENT + END_BYTES + LOCATOR_BYTES + WIDE_END_BYTES
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - reach))
        tail = file.read()
    at = tail.rfind(END, 0, len(tail) - END_BYTES + len(END))
    locator = at - LOCATOR_BYTES
    if locator >= WIDE_END_BYTES and tail.startswith(END_LOCATOR, locator):
        return int(struct.unpack_from("<Q", tail, locator - WIDE_END_BYTES + 32)[0])
    return int(struct.unpack_from("<H", tail, at + 10)[0])


def _listed(archive: ZipFile) -> Iterator[tuple[str, ZipInfo]]:
    for info in archive.infolist():
        name = true_name(info)
        if not info.is_dir() and not _is_clutter(name):
            yield name, info


def true_name(info: ZipInfo) -> str:
    """A member's name as its maker meant it, in NFC: without the flag for UTF-8 Python takes the bytes for CP437."""
    if not info.flag_bits & UTF8_NAME:
        with suppress(UnicodeEncodeError):
            return _decoded(info.filename.encode("cp437")).replace("\\", "/")  # which Windows may put between folders
    return nfc(info.filename)


def readable(path: Path) -> str:
    """A path as its maker meant it, in NFC, whatever encoding each of its names was unpacked in."""
    return "/".join(map(_decoded, os.fsencode(path.as_posix()).split(b"/")))


def _decoded(name: bytes) -> str:
    for encoding in ("utf-8", "cp949"):  # a Mac writes UTF-8 without saying so, Windows in Korea CP949
        with suppress(UnicodeDecodeError):
            return nfc(name.decode(encoding))
    return name.decode(errors="replace")


def _is_clutter(name: str) -> bool:
    """What a Mac or Windows adds."""
    *folders, last = PurePosixPath(name).parts
    return "__MACOSX" in folders or last.startswith("._") or last in {".DS_Store", "Thumbs.db"}


def _read(archive: ZipFile, info: ZipInfo, place: str) -> bytes:
    try:
        return archive.read(info)
    except DAMAGE as error:
        raise Damaged(place, f"cannot be read: {str(error) or os.strerror(5)}") from error
