"""FER+ votes on FER2013, in pairs of small csv files and on files with FER+'s names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.data import dataset
from lab.data.damage import Damaged
from lab.data.preparing import Sources, prepare_fer2013
from lab.data.votes import COLUMNS, RULE, Ballot
from lab.recipes.registry import find
from lab.training.batches import lesson
from shared.domain.errors import InvalidRequest
from tests.unit.lab.data.test_fer2013 import KAGGLE, ignore, png, row, write_csv, write_zip

HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
HAPPY, NEUTRAL = "1,8,1,0,0,0,0,0,0,0", "7,2,0,0,0,0,0,0,1,0"
TIE, NO_FACE = "4,4,1,0,0,0,0,0,1,0", "1,1,0,0,0,0,0,0,0,8"


def official(folder: Path, *usages: str) -> Path:
    """A csv with a different picture in each row, labelled angry, disgust, fear and so on."""
    return write_csv(folder / "fer2013.csv", KAGGLE, [row(KAGGLE, at, usage) for at, usage in enumerate(usages)])


def voted(folder: Path, *rows: str) -> Path:
    return write_csv(folder / "fer2013new.csv", HEADER, list(rows))


def prepared(folder: Path, **sources: Any) -> dict[str, Any]:
    return prepare_fer2013(Sources(**sources), folder / "out", ignore)


def test_the_columns_are_those_of_fer_plus() -> None:
    assert sorted(COLUMNS) == sorted(HEADER.split(","))


def test_rows_have_the_votes_of_the_same_place(tmp_path: Path) -> None:
    csv = official(tmp_path, "Training", "Training", "PublicTest", "PrivateTest")
    votes = voted(
        tmp_path,
        f"Training,fer0000000.png,{HAPPY}",
        f"Training,fer0000001.png,{NEUTRAL}",
        f"PublicTest,fer0000002.png,{HAPPY}",
        f"PrivateTest,fer0000003.png,{NEUTRAL}",
    )
    manifest = prepared(tmp_path, csvs=(csv,), votes=votes)
    faces, _ = dataset.read(tmp_path / "out")
    assert faces.labels.tolist() == [3, 6, 3, 6]
    assert [made["file"] for made in manifest["inputs"]] == ["fer2013.csv", "fer2013new.csv"]


def test_soft_targets_are_the_votes_on_the_pictures_that_are_learnt_from(tmp_path: Path) -> None:
    csv = official(tmp_path, "PublicTest", "Training", "Training", "Training")
    votes = voted(
        tmp_path,
        f"PublicTest,fer0000000.png,{HAPPY}",
        f"Training,fer0000001.png,{TIE}",
        f"Training,fer0000002.png,{NEUTRAL}",
        "Training,fer0000003.png,0,0,1,2,3,0,0,2,2,0",
    )
    manifest = prepared(tmp_path, csvs=(csv,), votes=votes)
    path = tmp_path / "out" / "votes.npy"
    assert manifest["votes"] == {"rule": RULE, "file": "votes.npy", "rows": 2, "sha256": dataset.sha256_of(path)}
    targets = np.load(path)
    assert targets.dtype == np.float32
    expected = [[0, 0, 0, 2 / 9, 0, 0, 7 / 9], [3 / 6, 0, 0, 0, 2 / 6, 1 / 6, 0]]
    np.testing.assert_allclose(targets, expected, rtol=1e-6)
    faces, _ = dataset.read(tmp_path / "out")
    assert lesson(faces.of(dataset.TRAINING), find("mien-net"), targets).targets is targets


def test_a_picture_without_a_label_is_counted_in_every_split(tmp_path: Path) -> None:
    csv = official(tmp_path, "Training", "Training", "PublicTest", "PrivateTest")
    votes = voted(
        tmp_path,
        f"Training,fer0000000.png,{HAPPY}",
        "Training,,0,0,0,0,0,0,0,0,0,10",
        f"PublicTest,fer0000001.png,{TIE}",
        f"PrivateTest,fer0000002.png,{NO_FACE}",
    )
    manifest = prepared(tmp_path, csvs=(csv,), votes=votes)
    assert (manifest["read"], manifest["kept"]) == (4, 1)
    assert manifest["dropped"] == {
        "no majority of votes": {"count": 1, "names": ["fer2013.csv:4"]},
        "removed by FER+": {"count": 1, "names": ["fer2013.csv:3"]},
        "voted no face": {"count": 1, "names": ["fer2013.csv:5"]},
    }


@pytest.mark.parametrize(
    ("emotions", "others", "reason"),
    [
        ((0, 0, 0, 5, 0, 0, 5), (0, 0, 0), "no majority of votes"),
        ((0, 0, 0, 5, 0, 0, 0), (0, 5, 0), "no majority of votes"),
        ((0, 0, 0, 0, 0, 0, 0), (0, 0, 0), "no majority of votes"),
        ((0, 0, 0, 2, 2, 1, 1), (4, 0, 0), "voted contempt"),
        ((0, 0, 0, 4, 0, 0, 0), (2, 3, 1), "voted unknown"),
        ((1, 0, 0, 0, 0, 0, 0), (0, 1, 8), "voted no face"),
        ((0, 0, 0, 4, 1, 0, 0), (2, 3, 0), None),
    ],
)
def test_no_label_follows_from_too_few_votes(
    emotions: tuple[int, ...], others: tuple[int, ...], reason: str | None
) -> None:
    assert Ballot(2, "training", "fer0000000.png", emotions, others).against == reason


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([f"Training,a.png,{HAPPY}", f"PrivateTest,b.png,{HAPPY}"], "line 3: is of the test split, but fer2013.csv:3"),
        ([f"Training,a.png,{HAPPY}"], "line 2: ends before the votes on fer2013.csv:3"),
        ([f"Training,a.png,{HAPPY}"] * 3, "line 4: goes on"),
        (["Training,a.png,1,2,3"], "line 2: has 5 fields, not 12"),
        (["Training,a.png,-1,2,0,0,0,0,0,0,0,0"], "line 2: neutral '-1' is no number"),
        ([f"Elsewhere,a.png,{HAPPY}"], "line 2: Usage 'Elsewhere'"),
    ],
)
def test_votes_on_other_rows_are_refused_with_the_line(tmp_path: Path, rows: list[str], fault: str) -> None:
    csv = official(tmp_path, "Training", "Training")
    with pytest.raises(Damaged, match=rf"fer2013new\.csv, {fault}"):
        prepared(tmp_path, csvs=(csv,), votes=voted(tmp_path, *rows))


@pytest.mark.parametrize("place", ["FER2013Train/fer0000016.png", "train/sad/fer0000016.png"])
def test_files_have_the_votes_on_their_names(tmp_path: Path, place: str) -> None:
    """Numbers in names fall behind those of the rows: only the name itself counts."""
    votes = voted(
        tmp_path, f"Training,fer0000015.png,{NEUTRAL}", f"Training,,{NO_FACE}", f"Training,fer0000016.png,{HAPPY}"
    )
    pictures = write_zip(tmp_path / "fer.zip", {place: png(0)})
    prepared(tmp_path, zips=(pictures,), votes=votes)
    assert dataset.read(tmp_path / "out")[0].labels.tolist() == [3]


def test_folders_are_voted_on_like_zip_files(tmp_path: Path) -> None:
    (tmp_path / "FER2013Valid").mkdir()
    (tmp_path / "FER2013Valid" / "fer0000001.png").write_bytes(png(0))
    votes = voted(tmp_path, f"PublicTest,fer0000001.png,{HAPPY}")
    manifest = prepared(tmp_path, folders=(tmp_path / "FER2013Valid",), votes=votes)
    assert manifest["counts"]["validation"]["happy"] == 1
    assert manifest["votes"]["rows"] == len(np.load(tmp_path / "out" / "votes.npy")) == 0


def test_files_whose_names_say_nothing_are_refused(tmp_path: Path) -> None:
    pictures = write_zip(tmp_path / "fer.zip", {"train/sad/Training_1.png": png(0)})
    with pytest.raises(InvalidRequest, match=r"no votes on train/sad/Training_1\.png: .* such as fer0012345\.png"):
        prepared(tmp_path, zips=(pictures,), votes=voted(tmp_path, f"Training,fer0000001.png,{HAPPY}"))


def test_a_name_that_is_voted_on_twice_is_refused(tmp_path: Path) -> None:
    pictures = write_zip(tmp_path / "fer.zip", {"FER2013Train/fer0000001.png": png(0)})
    votes = voted(tmp_path, *[f"Training,fer0000001.png,{HAPPY}"] * 2)
    with pytest.raises(Damaged, match=r"line 3: names fer0000001\.png a second time"):
        prepared(tmp_path, zips=(pictures,), votes=votes)


def test_votes_of_another_time_do_not_stay_beside_the_arrays(tmp_path: Path) -> None:
    csv = official(tmp_path, "Training")
    prepared(tmp_path, csvs=(csv,), votes=voted(tmp_path, f"Training,fer0000000.png,{HAPPY}"))
    assert "votes" not in prepared(tmp_path, csvs=(csv,))
    assert not (tmp_path / "out" / "votes.npy").exists()
