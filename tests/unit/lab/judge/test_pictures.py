"""Models are judged by the pictures that are asked for, and those can be told apart by their hash."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lab.data import dataset
from lab.data.damage import Damaged
from lab.judge.pictures import Split, read_split
from shared.domain.errors import InvalidRequest


def faces() -> dataset.Faces:
    rng = np.random.default_rng(0)
    return dataset.Faces(
        pictures=rng.integers(0, 256, (30, 48, 48), dtype=np.uint8),
        labels=(np.arange(30) % 7).astype(np.uint8),
        splits=np.array([0] * 10 + [1] * 20, dtype=np.uint8),
        names=np.array([f"{place}.jpg" for place in range(30)]),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    dataset.write(tmp_path / "faces", faces(), {"data": "made up"})
    return tmp_path / "faces"


@pytest.mark.parametrize("name", ["validation", "PublicTest"])
def test_a_split_is_read_by_its_name_or_by_fer2013_s_word(folder: Path, name: str) -> None:
    split = read_split(folder, name)
    assert (split.data, split.name, split.of) == ("made up", name, 20)
    assert np.array_equal(split.pictures, faces().pictures[10:])
    assert split.labels.tolist() == [place % 7 for place in range(10, 30)]


@pytest.mark.parametrize("name", ["test", "PrivateTest", "elsewhere"])
def test_a_split_without_pictures_is_refused_with_those_there_are(folder: Path, name: str) -> None:
    with pytest.raises(InvalidRequest, match=f"'{name}'; it has training, validation"):
        read_split(folder, name)


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match=r"manifest\.json"):
        read_split(tmp_path, "validation")


def split() -> Split:
    return Split(
        data="made up",
        name="validation",
        arrays_sha256="ab" * 32,
        pictures=faces().pictures,
        labels=faces().labels.astype(np.int64),
        of=30,
    )


def test_a_limit_draws_the_same_pictures_each_time_and_keeps_their_labels() -> None:
    some = split().drawn(9)
    assert len(some.labels) == len(some.pictures) == 9
    assert some.sha256 == split().drawn(9).sha256 != split().sha256
    places = [int(np.flatnonzero((faces().pictures == one).all(axis=(1, 2)))[0]) for one in some.pictures]
    assert places == sorted(places)
    assert some.labels.tolist() == [place % 7 for place in places]
    assert some.of == 30
    assert some.whole is not None
    assert some.drawn(3).whole == some.whole
    assert some.whole.sha256 == split().sha256


@pytest.mark.parametrize("limit", [None, 30, 31])
def test_a_limit_that_all_keep_within_draws_none(limit: int | None) -> None:
    assert split().drawn(limit).sha256 == split().sha256


def test_the_hash_tells_of_pictures_and_labels() -> None:
    other = replace(split(), labels=(split().labels + 1) % 7)
    assert other.sha256 != split().sha256
    assert replace(split(), pictures=255 - split().pictures).sha256 != split().sha256
