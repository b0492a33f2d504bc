"""FER2013 in the three shapes in which it is handed around: the official csv, class folders, and zip files of these.

Goodfellow et al., Challenges in Representation Learning, arXiv 1307.0414. The csv has the columns
`emotion,pixels,Usage` or, as `icml_face_data.csv`, `emotion, Usage, pixels`; `Usage` names the split.
In folders the file's name does (`PublicTest_123.jpg`), or else a folder above it, up to the one that was named;
FER+'s own folders have no classes.
"""

from __future__ import annotations

import csv
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from lab.data.aihub_archives import PICTURES, Member, files, members, readable
from lab.data.aihub_faces import decode
from lab.data.damage import Damaged
from lab.data.dataset import TEST, TRAINING, VALIDATION
from shared.domain.emotions import EMOTIONS

SIDE_PX = 48
COLUMNS = ("emotion", "pixels", "Usage")
USAGES = {"Training": TRAINING, "PublicTest": VALIDATION, "PrivateTest": TEST}
"""FER2013's own words: models were chosen by the public test, and ranked by the private one."""
SPLIT_FOLDERS = {
    "train": TRAINING,
    "training": TRAINING,
    "validation": VALIDATION,
    "val": VALIDATION,
    "publictest": VALIDATION,
    "test": TEST,
    "privatetest": TEST,
    "fer2013train": TRAINING,  # FER+'s own words
    "fer2013valid": VALIDATION,
    "fer2013test": TEST,
}
CLASS_FOLDERS = {
    **{emotion: place for place, emotion in enumerate(EMOTIONS)},
    **{str(place): place for place in range(len(EMOTIONS))},  # FER2013's numbers are in the order of EMOTIONS
    "anger": 0,
    "disgusted": 1,
    "fearful": 2,
    "happiness": 3,
    "sadness": 4,
    "surprised": 5,
}
UNLABELLED = -1
HEADER_BYTES = 100  # enough for the names of the columns, also in UTF-16
NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how Python keeps bytes that are no text


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture as it was found."""

    name: str
    split: str
    label: int
    """Place in EMOTIONS, or UNLABELLED until votes say it."""
    picture: NDArray[np.uint8] | None
    """(height, width) gray, or None where the bytes are no picture."""
    votes: tuple[int, ...] = ()
    """For each of EMOTIONS; empty where nobody was asked."""
    against: str | None = None
    """Why the votes leave it out."""


def read_csv(path: Path) -> Iterator[Entry]:
    """Every row. Raises Damaged with the line of a row that cannot be read."""
    return _entries_of(rows_of(path, COLUMNS), readable(path), readable(Path(path.name)))


def _entries_of(rows: Iterable[tuple[int, dict[str, str]]], place: str, name: str) -> Iterator[Entry]:
    for line, value in rows:
        if value["emotion"].strip() not in map(str, range(len(EMOTIONS))):
            raise Damaged(place, f"emotion {value['emotion']!r} is no number from 0 to {len(EMOTIONS) - 1}", line=line)
        split, pixels = split_of_usage(place, line, value["Usage"]), _pixels(place, line, value["pixels"])
        yield Entry(f"{name}:{line}", split, int(value["emotion"]), pixels)


def rows_of(path: Path, wanted: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row of a csv with these columns, in any order and case, and its line. Raises Damaged."""
    if not path.is_file():
        raise Damaged(readable(path), "is missing")
    with path.open("rb") as file:
        yield from _rows_in(file, readable(path), wanted)


def _rows_in(file: BinaryIO, place: str, wanted: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    csv.field_size_limit(sys.maxsize)
    known = {name.lower(): name for name in wanted}
    rows = csv.reader(_lines(file, place), skipinitialspace=True)
    columns = [name.strip().lower() for name in next(rows, [])]
    if sorted(columns) != sorted(known):
        raise Damaged(place, f"the columns must be {', '.join(wanted)}, not {', '.join(columns)}", line=1)
    for row in rows:
        if len(row) != len(columns):
            raise Damaged(place, f"has {len(row)} fields, not {len(columns)}", line=rows.line_num)
        yield rows.line_num, {known[name]: value for name, value in zip(columns, row, strict=True)}


def _lines(file: BinaryIO, place: str) -> Iterator[str]:
    text = TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    for number, line in enumerate(text, 1):
        if not line.isascii() and NOT_UTF8.search(line):
            raise Damaged(place, "is not in UTF-8", line=number)
        yield line


def split_of_usage(place: str | Path, line: int, usage: str) -> str:
    """Raises Damaged."""
    if usage.strip() not in USAGES:
        raise Damaged(place, f"Usage {usage.strip()!r} is none of {', '.join(USAGES)}", line=line)
    return USAGES[usage.strip()]


def read_folder(root: Path, *, labelled: bool = True) -> Iterator[Entry]:
    """Every picture in class folders and row of an official csv, also in zip files among them. Raises Damaged.

    Args:
        labelled: Whether the folders say the class; without it every picture is UNLABELLED.
    """
    name = Path(os.path.abspath(root)).name  # noqa: PTH100  # what a link is called counts, not where it leads
    for path in files(root):
        yield from _of_file(path, readable(Path(name, path.relative_to(root))), labelled=labelled)


def read_zip(path: Path, *, labelled: bool = True) -> Iterator[Entry]:
    """Every picture and row in a zip file, as in `read_folder`. Raises Damaged."""
    if not path.is_file():
        raise Damaged(readable(path), "is missing")
    if path.suffix.lower() != ".zip":
        raise Damaged(readable(path), "is no zip file by its name")
    yield from _of_file(path, "", labelled=labelled)


def other_files(paths: Iterable[Path]) -> dict[str, int]:
    """Of files and what is in zip files, those that the readers pass over, by the ends of their names."""
    walked = (member for path in paths for member in members(path))
    return dict(Counter(member.suffix for member in walked if member.suffix not in PICTURES and not _is_rows(member)))


def _of_file(path: Path, below: str, *, labelled: bool) -> Iterator[Entry]:
    """What a file holds that lies at `below`; in a zip file only the folders inside it count."""
    zipped = f"{readable(path)}!"
    for member in members(path):
        place = member.place.removeprefix(zipped) if member.place.startswith(zipped) else below
        if member.suffix in PICTURES:
            label = _label_of(member.place, place) if labelled else UNLABELLED
            yield Entry(_short(place), _split_of(member.place, place), label, decode(member.read()))
        elif _is_rows(member):
            if not labelled:
                raise Damaged(member.place, "has votes by the order of its rows: name this csv itself")
            rows = _rows_in(BytesIO(member.read()), member.place, COLUMNS)
            yield from _entries_of(rows, member.place, _short(place))


def _is_rows(member: Member) -> bool:
    """Whether it is meant to be the official csv: another, such as FER+'s, has no pixels."""
    return member.suffix == ".csv" and b"pixels" in member.read()[:HEADER_BYTES].replace(b"\0", b"").lower()


def _pixels(place: str, line: int, text: str) -> NDArray[np.uint8]:
    try:
        values = [int(value) for value in text.split()]
    except ValueError as error:
        raise Damaged(place, f"a pixel is no number: {error}", line=line) from error
    if len(values) != SIDE_PX * SIDE_PX:
        raise Damaged(place, f"has {len(values)} pixels, not {SIDE_PX * SIDE_PX}", line=line)
    if not 0 <= min(values) <= max(values) <= 255:
        raise Damaged(place, "a pixel is not between 0 and 255", line=line)
    return np.array(values, dtype=np.uint8).reshape(SIDE_PX, SIDE_PX)


def _short(place: str) -> str:
    """The last three parts of a path: split, class, file."""
    return "/".join(PurePosixPath(place).parts[-3:])


def _label_of(full: str, place: str) -> int:
    folder = PurePosixPath(place).parent.name.lower()
    if folder not in CLASS_FOLDERS:
        raise Damaged(full, f"lies in the folder {folder!r}, which is no emotion")
    return CLASS_FOLDERS[folder]


def _split_of(full: str, place: str) -> str:
    """The file's own word comes first: a folder `test` may hold both test splits."""
    path = PurePosixPath(place)
    prefix = path.name.partition("_")[0]
    if prefix in USAGES:
        return USAGES[prefix]
    named = [SPLIT_FOLDERS[part.lower()] for part in path.parts if part.lower() in SPLIT_FOLDERS]
    if not named:
        raise Damaged(full, f"neither its name nor a folder says which split it is of ({', '.join(USAGES)})")
    return named[-1]
