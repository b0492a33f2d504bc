from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lab.data.dataset import SPLITS, TEST, TRAINING, VALIDATION, Faces
from lab.data.merge import Mix, counted, decide
from lab.data.people import name_with_person
from shared.domain.emotions import EMOTIONS


def part(*rows: tuple[str, str, str], seed: int = 0) -> Faces:
    """Pictures by emotion, split and person, each of them another noise."""
    emotions, splits, people = zip(*rows, strict=True)
    names = [name_with_person(person, "기쁨", "a_1.jpg") if person else "train/1.jpg" for person in people]
    return Faces(
        pictures=np.random.default_rng(seed).integers(0, 255, (len(rows), 48, 48), dtype=np.uint8),
        labels=np.array([EMOTIONS.index(emotion) for emotion in emotions], dtype=np.uint8),
        splits=np.array([SPLITS.index(split) for split in splits], dtype=np.uint8),
        names=np.array(names),
    )


def test_each_part_gives_as_many_training_pictures_of_each_class_as_asked() -> None:
    first = part(*[("happy", TRAINING, "")] * 5, *[("sad", TRAINING, "")] * 2)
    second = part(*[("happy", TRAINING, "")] * 4, seed=1)
    fates = decide([first, second], Mix(per_class=3))
    assert [counted(fate) for fate in fates] == [{"above per-class": 2}, {"above per-class": 1}]
    assert fates[0].tolist()[5:] == ["", ""]


def test_the_same_seed_draws_the_same_pictures_and_another_seed_others() -> None:
    whole = part(*[("happy", TRAINING, "")] * 50)
    drawn = [decide([whole], Mix(per_class=10, seed=seed))[0].tolist() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("split", [VALIDATION, TEST])
def test_pictures_to_measure_on_are_all_kept(split: str) -> None:
    assert counted(decide([part(*[("happy", split, "")] * 5)], Mix(per_class=1))[0]) == {}


def test_a_person_in_a_test_split_is_in_no_other_split_of_any_part() -> None:
    first = part(("happy", TEST, "ann"), ("happy", TEST, "ben"))
    second = part(("sad", TRAINING, "ann"), ("sad", VALIDATION, "ben"), ("sad", TRAINING, "eve"), seed=1)
    fates = decide([first, second], Mix())
    assert counted(fates[0]) == {}
    assert fates[1].tolist() == ["person in test", "person in test", ""]


def test_a_person_to_choose_by_is_not_trained_on() -> None:
    rows = [("happy", VALIDATION, "ann"), ("happy", TRAINING, "ann"), ("happy", TRAINING, "ben")]
    assert decide([part(*rows)], Mix())[0].tolist() == ["", "person in validation", ""]


def test_pictures_without_a_person_are_not_taken_for_the_same_person_s() -> None:
    rows = [("happy", TEST, ""), ("happy", VALIDATION, ""), ("happy", TRAINING, "")]
    assert counted(decide([part(*rows)], Mix())[0]) == {}


def test_a_picture_of_a_test_split_is_not_trained_on_whoever_brings_it() -> None:
    tested = part(("happy", TEST, "ann"), ("happy", VALIDATION, "ben"), seed=3)
    names = np.array(["train/1.jpg", "train/2.jpg"])
    twins = replace(tested, names=names, splits=np.zeros(2, dtype=np.uint8))
    assert [fate.tolist() for fate in decide([tested, twins], Mix())] == [
        ["", ""],
        ["picture in test", "picture in validation"],
    ]


def test_what_is_guarded_does_not_use_up_the_places_of_a_class() -> None:
    first = part(("happy", TEST, "ann"))
    second = part(*[("happy", TRAINING, "ann")] * 5, *[("happy", TRAINING, "eve")] * 2, seed=1)
    assert counted(decide([first, second], Mix(per_class=2))[1]) == {"person in test": 5}


def test_a_picture_that_two_parts_share_counts_once() -> None:
    first, second = part(("happy", TRAINING, ""), ("sad", TEST, "")), part(("happy", TRAINING, ""), seed=1)
    fates = decide([first, second, first], Mix())
    assert [counted(fate) for fate in fates] == [{}, {}, {"picture in an earlier part": 2}]
