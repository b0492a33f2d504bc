"""Which files the reader of FER2013 takes, which it counts, and which folders it listens to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from lab.data import dataset
from lab.data.damage import Damaged
from lab.data.fer2013 import other_files, read_folder, read_zip
from lab.data.preparing import Sources, prepare_fer2013
from tests.unit.lab.data.test_fer2013 import KAGGLE, ignore, png, row, same, write_csv, write_zip

ROWS = "\n".join([KAGGLE, row(KAGGLE, 1), row(KAGGLE, 2, "PublicTest")]).encode()


def prepared(folder: Path, **sources: Any) -> dict[str, Any]:
    return prepare_fer2013(Sources(**sources), folder / "out", ignore)


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_files_that_are_not_read_are_counted_by_the_ends_of_their_names(tmp_path: Path) -> None:
    names = ("1.png", "2.pgm", "3.tiff", "4.TIFF", "5", "6.jfif")
    zipped = write_zip(tmp_path / "fer.zip", {f"train/sad/{name}": png(at) for at, name in enumerate(names)})
    for at, name in enumerate(names):
        put(tmp_path / "train/sad" / name, png(at + 6))
    made = prepared(tmp_path, zips=(zipped,), folders=(tmp_path / "train",))
    assert (made["read"], made["kept"]) == (2, 2)
    assert made["other_files"] == {".pgm": 2, ".tiff": 4, "": 2, ".jfif": 2}


def test_the_official_csv_is_read_inside_a_zip_file_beside_pictures(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "fer.zip", {"fer2013/fer2013.csv": ROWS, "train/sad/3.png": png(3)})
    found = list(read_zip(path))
    assert [(entry.name, entry.split, entry.label) for entry in found] == [
        ("fer2013/fer2013.csv:2", "training", 1),
        ("fer2013/fer2013.csv:3", "validation", 2),
        ("train/sad/3.png", "training", 4),
    ]
    assert all(same(entry, at) for at, entry in enumerate(found, 1))
    assert other_files([path]) == {}


def test_the_official_csv_is_read_inside_a_folder(tmp_path: Path) -> None:
    put(tmp_path / "set/fer2013.csv", ROWS)
    put(tmp_path / "set/label.csv", b"fer0000000.png,0,1,2")
    assert [entry.label for entry in read_folder(tmp_path / "set")] == [1, 2]
    assert other_files([tmp_path / "set/label.csv"]) == {".csv": 1}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"emotion,pixels\n", "line 1: the columns must be"),
        (ROWS + b"\n3,1 2,Training", "line 4: has 2 pixels"),
        (ROWS.decode().encode("utf-16"), "line 1: is not in UTF-8"),
    ],
)
def test_a_csv_of_pixels_inside_a_zip_file_that_is_damaged_is_refused(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    path = write_zip(tmp_path / "fer.zip", {"a.csv": content, "train/sad/3.png": png(3)})
    with pytest.raises(Damaged, match=rf"fer\.zip!a\.csv, {fault}"):
        list(read_zip(path))


def test_votes_on_rows_inside_a_zip_file_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "fer.zip", {"fer2013.csv": ROWS})
    with pytest.raises(Damaged, match=r"fer\.zip!fer2013\.csv: has votes by the order of its rows"):
        list(read_zip(path, labelled=False))


def test_a_file_that_is_named_as_a_zip_file_and_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match=r"1\.png: is no zip file"):
        list(read_zip(put(tmp_path / "train/sad/1.png", png(0))))


def test_a_folder_that_is_missing_is_refused_even_beside_another_source(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "fer2013.csv", KAGGLE, [row(KAGGLE, 0)])
    with pytest.raises(Damaged, match=r"valdation: is no folder"):
        prepared(tmp_path, csvs=(path,), folders=(tmp_path / "valdation",))


@pytest.mark.parametrize("above", ["plain", "test", "a!b/validation"])
def test_pictures_are_the_same_wherever_they_lie(tmp_path: Path, above: str) -> None:
    put(tmp_path / above / "set/train/happy/1.png", png(0))
    found = list(read_folder(tmp_path / above / "set"))
    assert [(entry.name, entry.split) for entry in found] == [("train/happy/1.png", "training")]


def test_a_folder_above_the_one_that_was_named_does_not_say_the_split(tmp_path: Path) -> None:
    put(tmp_path / "test/happy/1.png", png(0))
    with pytest.raises(Damaged, match="neither its name nor a folder says"):
        list(read_folder(tmp_path / "test/happy"))


@pytest.mark.parametrize("named", [".", "../train", "happy/.."])
def test_the_folder_that_was_named_says_the_split_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    put(tmp_path / "train/happy/1.png", png(0))
    monkeypatch.chdir(tmp_path / "train")
    assert [(entry.name, entry.split) for entry in read_folder(Path(named))] == [("train/happy/1.png", "training")]


@pytest.mark.parametrize(("name", "shown"), [("기쁨.png".encode("cp949"), "기쁨.png"), (b"\xff.png", "�.png")])
def test_names_that_are_not_in_utf_8_can_be_written(tmp_path: Path, name: bytes, shown: str) -> None:
    folder = tmp_path / "자료/train"
    put(Path(os.fsdecode(os.fsencode(folder / "sad") + b"/" + name)), png(0))
    table = write_csv(Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).with_suffix(".csv"), KAGGLE, [])
    table.write_bytes(ROWS)
    made = prepared(tmp_path, csvs=(table,), folders=(folder,))
    faces, read = dataset.read(tmp_path / "out")
    assert read == made
    assert f"train/sad/{shown}" in faces.names.tolist()
    assert [one["file"] for one in made["inputs"]] == [Path(shown).with_suffix(".csv").name, shown]
