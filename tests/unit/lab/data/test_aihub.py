from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest

from lab.data.aihub import MAPPINGS, Choice, Kept, faces, person_of, split_of, survey, verdicts
from lab.data.aihub_labels import NATIVE, Dropped
from lab.data.damage import Damaged
from lab.data.dataset import SPLITS
from shared.domain.emotions import EMOTIONS
from tests.unit.lab.data.aihub_set import jpeg, name_of, record, write_labels, write_zip

PEOPLE = [f"{number:012x}" for number in range(40)]


def silent(text: str, done: int, total: int | None) -> None:
    pass


def outcomes(root: Path, **choice: Any) -> list[Kept | Dropped]:
    chosen, found = Choice(**choice), survey(root)
    return [one.fate for one in faces(found, verdicts(found, chosen, silent), chosen, silent)]


def agreed(native: str, number: int = 1, person: str = PEOPLE[0]) -> dict[str, Any]:
    return record(name_of(person, native, number), native, native, native)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """One picture of each native expression, in the folders and archives that AI Hub hands out."""
    for native in NATIVE:
        write_zip(
            tmp_path / f"Training/[원천]EMOIMG_{native}_TRAIN_01.zip",
            {name_of(PEOPLE[0], native): jpeg()},
            names_in="cp949",
        )
        write_labels(tmp_path / f"Training/[라벨]EMOIMG/img_emotion_training_data({native}).json", [agreed(native)])
    return tmp_path


def test_strictly_an_expression_of_another_name_is_dropped(root: Path) -> None:
    seen = outcomes(root)
    assert {kept.native: kept.emotion for kept in seen if isinstance(kept, Kept)} == MAPPINGS["strict"]
    assert Counter(one for one in seen if isinstance(one, Dropped)) == {Dropped.UNMAPPED: 3}


def test_as_the_prototype_did_all_seven_are_used(root: Path) -> None:
    seen = outcomes(root, mapping="prototype")
    assert {kept.native: kept.emotion for kept in seen if isinstance(kept, Kept)} == {
        "기쁨": "happy",
        "당황": "surprise",
        "분노": "angry",
        "불안": "fear",
        "상처": "sad",
        "슬픔": "sad",
        "중립": "neutral",
    }


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS)
def test_each_mapping_leads_from_native_expressions_to_mien_s(mapping: dict[str, str]) -> None:
    assert set(mapping) <= set(NATIVE)
    assert set(mapping.values()) <= set(EMOTIONS)


def test_each_picture_is_kept_or_dropped_for_a_reason(tmp_path: Path) -> None:
    pictures = {name_of(PEOPLE[0], "기쁨", number): jpeg() for number in range(9)}
    names = list(pictures)
    pictures[names[1]] = b"<html>"
    records = [agreed("기쁨", number) for number in range(8)]
    records[2] = record(names[2], "기쁨", "중립", "슬픔")
    records[3] = record(names[3], "기쁨", "기쁨", "기쁨", boxes=None)
    records[4] = record(names[4], "기쁨", "기쁨", "기쁨", boxes={"minX": 900, "maxX": 950, "minY": 900, "maxY": 950})
    records[5] = record(names[5], "당황", "당황", "당황")
    records[6] = record(names[6], "알수없음", "알수없음", "기쁨")
    write_zip(tmp_path / "b.zip", pictures | {"nobody.jpg": jpeg()})
    write_zip(tmp_path / "c.zip", {names[0]: jpeg()})
    write_labels(tmp_path / "labels.json", [*records, record("nobody.jpg", "기쁨", "기쁨", "기쁨"), agreed("기쁨", 99)])
    assert [one if isinstance(one, Dropped) else "kept" for one in outcomes(tmp_path)] == [
        "kept",
        Dropped.UNREADABLE,
        Dropped.NO_MAJORITY,
        Dropped.NO_BOX,
        Dropped.BOX_OUTSIDE,
        Dropped.UNMAPPED,
        Dropped.UNKNOWN_EXPRESSION,
        "kept",
        Dropped.NO_LABEL,
        Dropped.NO_UPLOADER,
        Dropped.REPEATED_NAME,
    ]


def test_names_in_loose_letters_meet_labels_in_whole_syllables(tmp_path: Path) -> None:
    label = agreed("기쁨")
    write_zip(tmp_path / "a.zip", {normalize("NFD", label["filename"]): jpeg()})
    write_labels(tmp_path / "a.json", [label | {"filename": normalize("NFC", label["filename"])}])
    assert [type(one) for one in outcomes(tmp_path)] == [Kept]


def test_labels_inside_archives_in_cp949_are_read(tmp_path: Path) -> None:
    write_labels(tmp_path / "out/a.json", [agreed("기쁨")], encoding="cp949")
    write_zip(tmp_path / "[라벨].zip", {"a.json": (tmp_path / "out/a.json").read_bytes()})
    (tmp_path / "out/a.json").unlink()
    (tmp_path / agreed("기쁨")["filename"]).write_bytes(jpeg())
    assert [type(one) for one in outcomes(tmp_path)] == [Kept]


def test_faces_come_in_the_order_of_the_files(tmp_path: Path) -> None:
    labels = [agreed("기쁨", number) for number in range(30)]
    shades = {label["filename"]: np.full((80, 80), 8 * number, np.uint8) for number, label in enumerate(labels)}
    write_zip(tmp_path / "a.zip", {name: jpeg(shade) for name, shade in shades.items()})
    write_labels(tmp_path / "a.json", labels)
    kept = [one for one in outcomes(tmp_path, side_px=24) if isinstance(one, Kept)]
    assert [round(one.face.mean() / 8) for one in kept] == list(range(30))
    assert kept[0].face.shape == (24, 24)


def test_other_files_are_counted_by_their_kind(root: Path) -> None:
    (root / "a.heic").write_bytes(b"")
    write_zip(root / "b.zip", {"c.heic": b"", "d.txt": b""})
    found = survey(root)
    assert (found.pictures, found.label_files, found.other_files) == (7, 7, {".heic": 2, ".txt": 1})


@pytest.mark.parametrize("kind", ["pictures", "labels"])
def test_a_folder_without_pictures_or_labels_is_refused(root: Path, kind: str) -> None:
    for path in [*root.rglob({"pictures": "*.zip", "labels": "*.json"}[kind])]:
        path.unlink()
    with pytest.raises(Damaged, match=f"holds no {kind}"):
        survey(root)


def test_a_person_is_in_one_split_whatever_else_there_is() -> None:
    assert {split_of(person, 0) for person in PEOPLE} == set(SPLITS)
    assert [split_of(person, 0) for person in PEOPLE] == [split_of(person, 0) for person in PEOPLE]
    assert [split_of(person, 0) for person in PEOPLE] != [split_of(person, 1) for person in PEOPLE]


def test_eight_of_ten_people_are_trained_on() -> None:
    counts = Counter(split_of(f"{number:x}", 0) for number in range(10_000))
    assert [round(counts[split] / 1000) for split in SPLITS] == [8, 1, 1]


def test_pictures_of_one_uploader_belong_together() -> None:
    assert person_of(name_of(PEOPLE[3], "기쁨")) == person_of(name_of(PEOPLE[3], "슬픔", 7)) == PEOPLE[3]
    assert person_of("DSC001.jpg") == ""


def test_progress_goes_from_nothing_to_all(root: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    found, choice = survey(root), Choice()
    said = verdicts(found, choice, lambda *news: told.append(news))
    list(faces(found, said, choice, lambda *news: told.append(news)))
    assert [(told[0], told[7]), (told[8], told[-1])] == [
        (("Labels", 0, 7), ("Labels", 7, 7)),
        (("Pictures", 0, 7), ("Pictures", 7, 7)),
    ]
