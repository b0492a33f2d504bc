"""FER2013 in the three shapes in which it is handed around: the official csv, class folders, and zip files of these.

Goodfellow et al., Challenges in Representation Learning, arXiv 1307.0414. The csv has the columns
`emotion,pixels,Usage` or, as `icml_face_data.csv`, `emotion, Usage, pixels`; `Usage` names the split.
In folders the file's name does (`PublicTest_123.jpg`), or else a folder above it; FER+'s own folders have no classes.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.data.aihub_archives import PICTURES, files, members
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
    for line, value in rows_of(path, COLUMNS):
        if value["emotion"].strip() not in map(str, range(len(EMOTIONS))):
            raise Damaged(path, f"emotion {value['emotion']!r} is no number from 0 to {len(EMOTIONS) - 1}", line=line)
        split, pixels = split_of_usage(path, line, value["Usage"]), _pixels(path, line, value["pixels"])
        yield Entry(f"{path.name}:{line}", split, int(value["emotion"]), pixels)


def rows_of(path: Path, wanted: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row of a csv with these columns, in any order and case, and its line. Raises Damaged."""
    if not path.is_file():
        raise Damaged(path, "is missing")
    csv.field_size_limit(sys.maxsize)
    known = {name.lower(): name for name in wanted}
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file, skipinitialspace=True)
        columns = [name.strip().lower() for name in next(rows, [])]
        if sorted(columns) != sorted(known):
            raise Damaged(path, f"the columns must be {', '.join(wanted)}, not {', '.join(columns)}", line=1)
        for row in rows:
            if len(row) != len(columns):
                raise Damaged(path, f"has {len(row)} fields, not {len(columns)}", line=rows.line_num)
            yield rows.line_num, {known[name]: value for name, value in zip(columns, row, strict=True)}


def split_of_usage(path: Path, line: int, usage: str) -> str:
    """Raises Damaged."""
    if usage.strip() not in USAGES:
        raise Damaged(path, f"Usage {usage.strip()!r} is none of {', '.join(USAGES)}", line=line)
    return USAGES[usage.strip()]


def read_folder(root: Path, *, labelled: bool = True) -> Iterator[Entry]:
    """Every picture in class folders, and in zip files among them; other files are left alone. Raises Damaged.

    Args:
        labelled: Whether the folders say the class; without it every picture is UNLABELLED.
    """
    for path in files(root):
        if path.suffix.lower() in {".zip", *PICTURES}:
            yield from _of_file(path, labelled=labelled)


def read_zip(path: Path, *, labelled: bool = True) -> Iterator[Entry]:
    """Every picture in a zip file, as in `read_folder`. Raises Damaged."""
    if not path.is_file():
        raise Damaged(path, "is missing")
    yield from _of_file(path, labelled=labelled)


def _of_file(path: Path, *, labelled: bool) -> Iterator[Entry]:
    for member in members(path):
        if member.suffix in PICTURES:
            place = member.place.rpartition("!")[2]
            label = _label_of(member.place, place) if labelled else UNLABELLED
            yield Entry(_short(place), _split_of(member.place, place), label, _decode(member.read()))


def _pixels(path: Path, line: int, text: str) -> NDArray[np.uint8]:
    try:
        values = [int(value) for value in text.split()]
    except ValueError as error:
        raise Damaged(path, f"a pixel is no number: {error}", line=line) from error
    if len(values) != SIDE_PX * SIDE_PX:
        raise Damaged(path, f"has {len(values)} pixels, not {SIDE_PX * SIDE_PX}", line=line)
    if not 0 <= min(values) <= max(values) <= 255:
        raise Damaged(path, "a pixel is not between 0 and 255", line=line)
    return np.array(values, dtype=np.uint8).reshape(SIDE_PX, SIDE_PX)


def _decode(content: bytes) -> NDArray[np.uint8] | None:
    """(height, width) gray; None where the bytes are no picture."""
    if not content:
        return None
    picture = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    return None if picture is None else np.asarray(picture, dtype=np.uint8)


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
