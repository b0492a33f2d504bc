from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lab.data.dataset import TEST, TRAINING, VALIDATION
from lab.data.fer2013 import Entry
from lab.data.gathering import BLANK, CONTRADICTORY, DUPLICATE, LEAKED, OTHER_SIZE, UNREADABLE, gather
from tests.unit.lab.stripes import striped


def entry(seed: int, split: str = TRAINING, label: int = 0) -> Entry:
    return Entry(f"{split}/{seed}/{label}", split, label, striped(label=0, rng=np.random.default_rng(seed)))


def blank(split: str) -> Entry:
    return Entry(f"blank/{split}", split, 0, np.zeros((48, 48), np.uint8))


def test_every_picture_is_kept_or_counted_with_its_name() -> None:
    found = [
        entry(1),
        entry(1),
        entry(2),
        entry(2, label=1),
        entry(3),
        entry(3, VALIDATION),
        blank(TRAINING),
        Entry("broken", TRAINING, 0, None),
        Entry("small", TRAINING, 0, np.zeros((20, 20), np.uint8)),
    ]
    gathered = gather(found)
    assert len(gathered.faces) + sum(map(len, gathered.dropped.values())) == len(found) == gathered.read
    assert {reason: len(names) for reason, names in gathered.dropped.items()} == {
        DUPLICATE: 1,
        CONTRADICTORY: 2,
        LEAKED: 1,
        BLANK: 1,
        UNREADABLE: 1,
        OTHER_SIZE: 1,
    }


def test_of_equal_pictures_the_first_is_kept() -> None:
    found = [entry(1), entry(2), entry(1)]
    assert list(gather(found).faces.names) == [found[0].name, found[1].name]


def test_equal_pictures_with_different_labels_teach_nothing_and_are_all_dropped() -> None:
    assert gather([entry(1), entry(1, label=4), entry(2)]).faces.names.tolist() == ["training/2/0"]


@pytest.mark.parametrize("split", [VALIDATION, TEST])
def test_a_picture_that_models_are_judged_by_is_not_learnt_from(split: str) -> None:
    gathered = gather([entry(1), entry(1, split)])
    assert gathered.faces.names.tolist() == [f"{split}/1/0"]
    assert gathered.dropped == {LEAKED: ["training/1/0"]}


def test_the_splits_for_judging_stay_whole_and_say_what_is_odd_in_them() -> None:
    found = [blank(VALIDATION), entry(1, TEST), entry(1, TEST, label=2)]
    gathered = gather(found)
    assert (len(gathered.faces), gathered.dropped) == (3, {})
    assert {reason: len(names) for reason, names in gathered.noted.items()} == {BLANK: 1, CONTRADICTORY: 2}


def test_a_picture_that_votes_leave_out_of_a_test_split_is_not_learnt_from_either() -> None:
    gathered = gather([entry(1), entry(2), replace(entry(1, TEST), against="voted unknown")])
    assert gathered.faces.names.tolist() == ["training/2/0"]
    assert gathered.dropped == {LEAKED: ["training/1/0"], "voted unknown": ["test/1/0"]}


def test_a_copy_that_votes_leave_out_does_not_contradict_the_other() -> None:
    gathered = gather([replace(entry(1, label=3), against="voted unknown"), entry(1)])
    assert gathered.faces.names.tolist() == ["training/1/0"]


def test_nothing_to_keep_is_said() -> None:
    with pytest.raises(ValueError, match="no picture"):
        gather([Entry("broken", TRAINING, 0, None)])
