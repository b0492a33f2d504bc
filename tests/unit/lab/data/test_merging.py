from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.data import dataset
from lab.data.damage import Damaged
from lab.data.dataset import SPLITS, Faces
from lab.data.merge import Mix
from lab.data.merging import prepare_mix


def write(folder: Path, count: int, side: int = 48) -> Path:
    faces = Faces(
        pictures=np.random.default_rng(count).integers(0, 255, (count, side, side), dtype=np.uint8),
        labels=np.full(count, 3, dtype=np.uint8),
        splits=np.arange(count, dtype=np.uint8) % len(SPLITS),
        names=np.array([f"{folder.name}/{number}" for number in range(count)]),
    )
    dataset.write(folder, faces, {"data": folder.name, "licence": "ours", "inputs": []})
    return folder


def test_a_mix_says_what_it_is_made_of_and_what_was_dropped(tmp_path: Path) -> None:
    folders = [write(tmp_path / "first", 30), write(tmp_path / "second", 9)]
    made = prepare_mix(folders, Mix(per_class=4, seed=7), tmp_path / "mix")
    assert made["kept"] + sum(some["count"] for some in made["dropped"].values()) == made["read"] == 39
    assert made["counts"]["training"]["happy"] == 4 + 3
    assert made["choice"] == {"per_class": 4, "seed": 7}
    assert [(one["file"], one["read"], one["kept"], one["dropped"]) for one in made["inputs"]] == [
        ("first", 30, 24, {"above per-class": 6}),
        ("second", 9, 9, {}),
    ]
    assert made["inputs"][0]["sha256"] == dataset.sha256_of(tmp_path / "first" / "faces.npz")
    assert made["inputs"][0]["made_of"] == {"data": "first", "licence": "ours", "inputs": []}


def test_each_picture_keeps_its_label_its_split_and_its_name(tmp_path: Path) -> None:
    folders = [write(tmp_path / "first", 6), write(tmp_path / "second", 5)]
    prepare_mix(folders, Mix(), tmp_path / "mix")
    mixed, parts = dataset.read(tmp_path / "mix")[0], [dataset.read(folder)[0] for folder in folders]
    assert np.array_equal(mixed.pictures, np.concatenate([part.pictures for part in parts]))
    assert mixed.names.tolist() == [*parts[0].names, *parts[1].names]
    assert mixed.splits.tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    folders = [write(tmp_path / "first", 30), write(tmp_path / "second", 30)]
    made = [prepare_mix(folders, Mix(per_class=4, seed=seed), tmp_path / f"{seed}") for seed in (1, 2, 1)]
    hashes = [one["arrays"]["sha256"] for one in made]
    assert hashes[0] == hashes[2] != hashes[1]


def test_pictures_of_different_sizes_are_not_mixed(tmp_path: Path) -> None:
    folders = [write(tmp_path / "first", 3), write(tmp_path / "second", 3, side=64)]
    with pytest.raises(Damaged, match=r"second: has pictures of 64 px, while .*first has 48 px"):
        prepare_mix(folders, Mix(), tmp_path / "mix")


def test_a_part_that_is_not_what_its_manifest_says_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "first", 3)
    (folder / "faces.npz").write_bytes(b"")
    with pytest.raises(Damaged, match=r"faces\.npz: is not what manifest\.json speaks of"):
        prepare_mix([folder], Mix(), tmp_path / "mix")
