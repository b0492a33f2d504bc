"""Bytes that went wrong in archives, tables, pictures and manifests are refused or counted, always by name."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from zipfile import ZIP_LZMA, ZipFile

import numpy as np
import pytest

from lab.data import dataset
from lab.data.aihub_archives import members
from lab.data.damage import Damaged
from lab.data.dataset import MANIFEST_FILE, Faces
from lab.data.fer2013 import read_csv, read_zip
from tests.unit.lab.data.test_fer2013 import KAGGLE, png, row, write_zip

NAME = "train/sad/기쁨.png"
DIRECTORY, END, WIDE_END = b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06"


def faces() -> Faces:
    one = np.zeros(1, dtype=np.uint8)
    return Faces(pictures=np.zeros((1, 48, 48), dtype=np.uint8), labels=one, splits=one, names=np.array(["1.png"]))


def changed(path: Path, at: int, new: bytes) -> Path:
    content = bytearray(path.read_bytes())
    content[at : at + len(new)] = new
    path.write_bytes(content)
    return path


def place_of(path: Path, mark: bytes) -> int:
    return path.read_bytes().rindex(mark)


def test_a_local_header_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    path = changed(write_zip(tmp_path / "a.zip", {NAME: png(0)}), 30 + len("train/sad/"), b"\xff")
    with pytest.raises(Damaged, match=rf"a\.zip!{NAME}: cannot be read: .*codec can't decode"):
        list(read_zip(path))


def test_a_damaged_lzma_stream_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with ZipFile(path, "w", ZIP_LZMA) as archive:
        archive.writestr("train/sad/1.png", png(0))
    changed(path, 30 + len("train/sad/1.png") + 4, b"\xff")
    with pytest.raises(Damaged, match=r"a\.zip!train/sad/1\.png: cannot be read"):
        list(read_zip(path))


def test_a_zip_file_of_a_version_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {NAME: png(0)})
    changed(path, place_of(path, DIRECTORY) + 6, b"\xff")
    with pytest.raises(Damaged, match=r"a\.zip: cannot be opened as a zip file: zip file version"):
        list(read_zip(path))


@pytest.mark.parametrize("comment", [b"", b"by hand"])
def test_a_zip_file_that_lists_fewer_members_than_it_says_is_refused(tmp_path: Path, comment: bytes) -> None:
    path = write_zip(tmp_path / "a.zip", {NAME: png(0), "train/sad/2.png": png(1)})
    with ZipFile(path, "a") as archive:
        archive.comment = comment
    assert len(list(members(path))) == 2
    changed(path, place_of(path, END) + 10, struct.pack("<H", 3))
    with pytest.raises(Damaged, match=r"a\.zip: lists 2 members, but says 3"):
        list(members(path))


@pytest.mark.parametrize("said", [1, 2, 3])
def test_the_number_of_members_of_a_large_zip_file_is_in_its_wider_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: int
) -> None:
    monkeypatch.setattr("zipfile.ZIP_FILECOUNT_LIMIT", 1)
    path = write_zip(tmp_path / "a.zip", {NAME: png(0), "train/sad/2.png": png(1)})
    changed(path, place_of(path, END) + 10, b"\xff\xff")
    changed(path, place_of(path, WIDE_END) + 32, struct.pack("<Q", said))
    if said <= 2:
        assert len(list(members(path))) == 2
        return
    with pytest.raises(Damaged, match=r"a\.zip: lists 2 members, but says 3"):
        list(members(path))


def test_a_picture_with_more_pixels_than_can_be_held_is_unreadable(tmp_path: Path) -> None:
    head = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    huge = png(0)[:8] + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + png(0)[33:]
    [entry] = read_zip(write_zip(tmp_path / "a.zip", {"train/sad/1.png": huge}))
    assert entry.picture is None


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("\n".join([KAGGLE, row(KAGGLE, 0), "3,1,기쁨"]).encode("cp949"), 3),
        (KAGGLE.encode("utf-16"), 1),
    ],
)
def test_a_csv_that_is_not_in_utf_8_is_refused_with_its_line(tmp_path: Path, content: bytes, line: int) -> None:
    (tmp_path / "fer2013.csv").write_bytes(content)
    with pytest.raises(Damaged, match=rf"fer2013\.csv, line {line}: is not in UTF-8"):
        list(read_csv(tmp_path / "fer2013.csv"))


def test_a_manifest_stays_whole_until_the_next_one_is(tmp_path: Path) -> None:
    dataset.write(tmp_path, faces(), {"data": "기쁨"})
    first = (tmp_path / MANIFEST_FILE).read_bytes()
    assert json.loads(first.decode("utf-8"))["data"] == "기쁨"
    with pytest.raises(UnicodeEncodeError):
        dataset.write(tmp_path, faces(), {"data": "\udcff"})
    assert (tmp_path / MANIFEST_FILE).read_bytes() == first


def test_a_manifest_that_is_not_in_utf_8_is_refused(tmp_path: Path) -> None:
    dataset.write(tmp_path, faces(), {})
    (tmp_path / MANIFEST_FILE).write_bytes('{"data": "기쁨"}'.encode("cp949"))
    with pytest.raises(Damaged, match=r"manifest\.json: is no JSON"):
        dataset.read(tmp_path)
