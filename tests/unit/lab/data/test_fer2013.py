"""FER2013 in each of its shapes, made here with the quirks of the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import cv2
import numpy as np
import pytest

from lab.data import dataset
from lab.data.damage import Damaged
from lab.data.fer2013 import Entry, read_csv, read_folder, read_zip
from lab.data.preparing import Sources, prepare_fer2013
from shared.domain.emotions import EMOTIONS
from tests.unit.lab.stripes import striped

KAGGLE = "emotion,pixels,Usage"
ICML = "emotion, Usage, pixels"


def picture(seed: int) -> np.ndarray:
    return striped(seed % 7, np.random.default_rng(seed))


def same(entry: Entry, seed: int) -> bool:
    return entry.picture is not None and np.array_equal(entry.picture, picture(seed))


def png(seed: int) -> bytes:
    return cv2.imencode(".png", picture(seed))[1].tobytes()


def row(header: str, seed: int, usage: str = "Training") -> str:
    cells = {"emotion": str(seed % 7), "Usage": usage, "pixels": " ".join(map(str, picture(seed).ravel()))}
    return ",".join(cells[name.strip()] for name in header.split(","))


def write_csv(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("header", [KAGGLE, ICML])
def test_both_headers_of_the_csv_are_read(tmp_path: Path, header: str) -> None:
    usages = ("Training", "PublicTest", "PrivateTest")
    path = write_csv(tmp_path / "fer2013.csv", header, [row(header, at, usage) for at, usage in enumerate(usages)])
    found = list(read_csv(path))
    assert [(entry.split, entry.label) for entry in found] == [("training", 0), ("validation", 1), ("test", 2)]
    assert all(same(entry, at) for at, entry in enumerate(found))
    assert found[0].name == "fer2013.csv:2"


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ("3,1 2 3,Training", "3 pixels"),
        ("9,1,Training", "emotion '9'"),
        ("3,1 x,Training", "no number"),
        ("3,1,Elsewhere", "Usage 'Elsewhere'"),
        ("3,1", "2 fields"),
        (f"3,{' '.join(['256'] * 2304)},Training", "between 0 and 255"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused_with_its_line(tmp_path: Path, broken: str, fault: str) -> None:
    path = write_csv(tmp_path / "fer2013.csv", KAGGLE, [row(KAGGLE, 0), broken])
    with pytest.raises(Damaged, match=rf"fer2013\.csv, line 3: .*{fault}"):
        list(read_csv(path))


def test_another_csv_is_refused_by_its_first_line(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="line 1: the columns must be"):
        list(read_csv(write_csv(tmp_path / "other.csv", "a,b,c", [])))


def test_a_zip_file_of_class_folders_is_read(tmp_path: Path) -> None:
    members = {f"train/{emotion}/Training_{at}.png": png(at) for at, emotion in enumerate(EMOTIONS)}
    found = list(read_zip(write_zip(tmp_path / "train.zip", members)))
    assert [(entry.split, entry.label) for entry in found] == [("training", at) for at in range(7)]
    assert all(same(entry, at) for at, entry in enumerate(found))


def test_the_file_knows_its_split_better_than_its_folder(tmp_path: Path) -> None:
    """The copy on Kaggle has both test splits in one folder `test`."""
    names = ("test/happy/PublicTest_1.png", "test/happy/PrivateTest_2.png", "test/happy/3.png", "train/3/4.png")
    found = list(read_zip(write_zip(tmp_path / "fer.zip", {name: png(0) for name in names})))
    assert [entry.split for entry in found] == ["validation", "test", "test", "training"]
    assert {entry.label for entry in found} == {3}


def test_folders_are_read_like_zip_files(tmp_path: Path) -> None:
    (tmp_path / "train" / "Surprised").mkdir(parents=True)
    (tmp_path / "train" / "Surprised" / "1.png").write_bytes(png(0))
    (tmp_path / "train" / "Surprised" / "note.txt").write_text("no picture")
    assert [(entry.name, entry.split, entry.label) for entry in read_folder(tmp_path)] == [
        ("train/Surprised/1.png", "training", 5)
    ]


@pytest.mark.parametrize(
    ("name", "fault"), [("train/bored/1.png", "no emotion"), ("happy/1.png", "neither its name nor a folder")]
)
def test_a_picture_without_label_or_split_is_refused_with_its_place(tmp_path: Path, name: str, fault: str) -> None:
    path = write_zip(tmp_path / "fer.zip", {name: png(0)})
    with pytest.raises(Damaged, match=rf"fer\.zip!{name}: .*{fault}"):
        list(read_zip(path))


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    """One bit of the first picture's bytes changed: its CRC no longer fits."""
    return content[:200] + bytes([content[200] ^ 1]) + content[201:]


@pytest.mark.parametrize("damage", [cut, flipped])
def test_a_damaged_archive_is_refused_by_name(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = write_zip(tmp_path / "fer.zip", {"train/sad/1.png": png(0), "train/sad/2.png": png(1)})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Damaged, match=r"fer\.zip"):
        list(read_zip(path))


@pytest.mark.parametrize("read", [read_zip, read_csv])
def test_a_file_that_is_missing_is_refused_by_name(tmp_path: Path, read: Callable[[Path], Iterator[Entry]]) -> None:
    with pytest.raises(Damaged, match=r"fer2013: is missing"):
        list(read(tmp_path / "fer2013"))


def test_bytes_that_are_no_picture_are_counted(tmp_path: Path) -> None:
    members = {"train/sad/1.png": png(0), "train/sad/2.png": b"not a picture", "train/sad/3.png": b""}
    manifest = prepare_fer2013(Sources(zips=(write_zip(tmp_path / "fer.zip", members),)), tmp_path / "out", ignore)
    assert (manifest["read"], manifest["kept"]) == (3, 1)
    assert manifest["dropped"] == {"unreadable": {"count": 2, "names": ["train/sad/2.png", "train/sad/3.png"]}}


def test_a_data_folder_gives_back_what_went_in(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "fer2013.csv", KAGGLE, [row(KAGGLE, at) for at in range(14)])
    manifest = prepare_fer2013(Sources(csvs=(path,)), tmp_path / "out", ignore)
    faces, read = dataset.read(tmp_path / "out")
    assert read == manifest
    assert all(map(np.array_equal, faces.pictures, map(picture, range(14))))
    assert manifest["counts"] == {"training": dict.fromkeys(EMOTIONS, 2)}
    assert manifest["inputs"][0]["sha256"] == dataset.sha256_of(path)


def test_preparing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "fer2013.csv", KAGGLE, [row(KAGGLE, at) for at in range(5)])
    first, second = (prepare_fer2013(Sources(csvs=(path,)), tmp_path / name, ignore) for name in ("a", "b"))
    assert first == second


def test_altered_arrays_are_noticed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "fer2013.csv", KAGGLE, [row(KAGGLE, 0)])
    prepare_fer2013(Sources(csvs=(path,)), tmp_path / "out", ignore)
    arrays = tmp_path / "out" / dataset.ARRAYS_FILE
    arrays.write_bytes(flipped(arrays.read_bytes()))
    with pytest.raises(Damaged, match="not what manifest"):
        dataset.read(tmp_path / "out")


def ignore(*_: object) -> None:
    """A progress that nobody watches."""
