from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.data import dataset
from lab.data.aihub import Choice
from lab.data.aihub_gathering import EXAMPLES, prepare_aihub
from lab.data.aihub_labels import NATIVE
from lab.data.damage import Damaged
from lab.data.people import key_of, people_in
from tests.unit.lab.data.aihub_set import UPLOADER, jpeg, name_of, record, write_labels, write_zip

OTHER = "0a1b2c3d4e5f"


def prepare(root: Path, into: Path, **choice: Any) -> dict[str, Any]:
    return prepare_aihub(root, Choice(**choice), into, lambda *news: None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Each native expression by two people, one picture that is none, and one label whose picture is elsewhere."""
    folder = tmp_path / "set"
    names = {name_of(person, native): native for native in NATIVE for person in (UPLOADER, OTHER)}
    broken, missing = name_of(UPLOADER, "기쁨", 98), name_of(UPLOADER, "기쁨", 99)
    write_zip(folder / "[원천]EMOIMG_기쁨_TRAIN_01.zip", dict.fromkeys(names, jpeg()) | {broken: b"<html>"})
    labelled = names | {broken: "기쁨", missing: "기쁨"}
    write_labels(folder / "labels.json", [record(name, *[native] * 3) for name, native in labelled.items()])
    return folder


def test_every_picture_read_is_kept_or_dropped_for_a_reason(root: Path, tmp_path: Path) -> None:
    made = prepare(root, tmp_path / "out")
    dropped = {reason: some["count"] for reason, some in made["dropped"].items()}
    assert dropped == {"not in the mapping": 6, "unreadable": 1}
    assert made["read"] == made["kept"] + sum(dropped.values()) == 15
    assert made["dropped"]["unreadable"]["names"] == [name_of(UPLOADER, "기쁨", 98)]
    assert made["labels_without_picture"] == 1


def test_the_manifest_tells_native_expressions_and_how_they_were_mapped(root: Path, tmp_path: Path) -> None:
    made = prepare(root, tmp_path / "out", mapping="strict", min_agree=3)
    assert made["native"]["기쁨"] == {"kept": 2, "unreadable": 1}
    assert made["native"]["당황"] == {"not in the mapping": 2}
    assert made["choice"]["mapping"] == "strict"
    assert made["choice"]["maps"] == {"기쁨": "happy", "분노": "angry", "슬픔": "sad", "중립": "neutral"}
    assert made["choice"]["min_agree"] == 3
    assert [one["file"] for one in made["inputs"]] == ["[원천]EMOIMG_기쁨_TRAIN_01.zip", "labels.json"]


def test_names_in_the_arrays_tell_the_person_and_the_native_expression(root: Path, tmp_path: Path) -> None:
    prepare(root, tmp_path / "out")
    faces, made = dataset.read(tmp_path / "out")
    assert f"aihub82/{key_of(UPLOADER)}/기쁨/20201204105732-001-001.jpg" in faces.names.tolist()
    assert set(people_in(faces.names).tolist()) == {f"aihub82/{key_of(person)}" for person in (UPLOADER, OTHER)}
    assert sum(made["people"].values()) == 2


def test_all_pictures_of_a_person_are_in_one_split(root: Path, tmp_path: Path) -> None:
    for seed in range(6):
        prepare(root, tmp_path / "out", seed=seed)
        faces, _ = dataset.read(tmp_path / "out")
        sides = set(zip(people_in(faces.names).tolist(), faces.splits.tolist(), strict=True))
        assert len(sides) == 2


def test_the_same_seed_makes_the_same_bytes(root: Path, tmp_path: Path) -> None:
    made = [prepare(root, tmp_path / name)["arrays"]["sha256"] for name in ("first", "second")]
    assert made[0] == made[1]


def test_pictures_are_as_large_as_asked(root: Path, tmp_path: Path) -> None:
    prepare(root, tmp_path / "out", side_px=64)
    assert dataset.read(tmp_path / "out")[0].pictures.shape == (8, 64, 64)


def test_a_manifest_names_only_the_first_of_many_dropped_pictures(tmp_path: Path) -> None:
    names = [name_of(UPLOADER, "당황", number) for number in range(EXAMPLES + 5)]
    write_zip(tmp_path / "a.zip", dict.fromkeys([*names, name_of(UPLOADER, "기쁨")], jpeg()))
    write_labels(tmp_path / "a.json", [record(name_of(UPLOADER, "기쁨"), *["기쁨"] * 3)])
    dropped = prepare(tmp_path, tmp_path / "out")["dropped"]["no label"]
    assert (dropped["count"], dropped["names"]) == (EXAMPLES + 5, names[:EXAMPLES])


def test_a_set_of_which_nothing_can_be_kept_is_refused_with_the_reasons(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", {"a.jpg": jpeg()})
    write_labels(tmp_path / "a.json", [])
    with pytest.raises(Damaged, match="no picture that can be kept: 1 no label"):
        prepare(tmp_path, tmp_path / "out")
