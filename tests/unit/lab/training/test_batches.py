from __future__ import annotations

import numpy as np
import pytest

from lab.data.dataset import TRAINING
from lab.recipes.recipe import Augmentation, Recipe
from lab.training.batches import batches, lesson, resized, smoothed, steps_of
from tests.unit.lab.stripes import faces

FACES = faces(6).of(TRAINING)


def recipe(**changes: object) -> Recipe:
    facts = {"name": "any", "side_px": 48, "scale": 1, "offset": 0, "stages": (), "epochs": 1, "batch": 6}
    return Recipe(build=lambda _: None, **(facts | changes))  # type: ignore[arg-type]


def seen(some: Recipe, epoch: int = 0) -> list[bytes]:
    learnt = lesson(FACES, some)
    return [one.tobytes() for inputs, _ in batches(learnt, some, 1, epoch, 0) for one in inputs]


def test_an_epoch_shows_every_picture_once() -> None:
    assert sorted(seen(recipe())) == sorted(one.astype(np.float32).tobytes() for one in FACES.pictures)


def test_the_order_is_drawn_from_seed_and_epoch_alone() -> None:
    assert seen(recipe(), 3) == seen(recipe(), 3) != seen(recipe(), 4)


def test_a_rare_emotion_may_be_shown_more_often() -> None:
    some = recipe(repeats={"disgust": 3}, batch=9)
    learnt = lesson(FACES, some)
    said = np.concatenate([targets for _, targets in batches(learnt, some, 0, 0, 0)]).sum(0)
    assert said.tolist() == [6, 18, 6, 6, 6, 6, 6]
    assert steps_of(learnt, some) == 6


def test_batches_are_full_and_the_rest_waits() -> None:
    some = recipe(batch=40)
    assert [len(inputs) for inputs, _ in batches(lesson(FACES, some), some, 0, 0, 0)] == [40]


def test_mixing_keeps_rows_of_probabilities_and_ends_before_the_training_does() -> None:
    some = recipe(augmentation=Augmentation(mixed=1, mixing_alpha=1, mixed_until=0.9))
    early, late = (np.concatenate([t for _, t in batches(lesson(FACES, some), some, 0, 0, done)]) for done in (0, 0.95))
    assert np.allclose(early.sum(1), 1)
    assert set(np.unique(late)) == {0, 1}
    assert np.any((early > 0.01) & (early < 0.99))


def test_smoothing_spreads_a_part_of_a_label_over_all_classes() -> None:
    row = smoothed(np.array([2], np.uint8), 0.1)[0]
    assert row == pytest.approx([0.1 / 7] * 2 + [0.9 + 0.1 / 7] + [0.1 / 7] * 4)


def test_soft_targets_replace_the_labels() -> None:
    soft = np.full((len(FACES), 7), 1 / 7, np.float32)
    assert np.array_equal(lesson(FACES, recipe(), soft).targets, soft)
    with pytest.raises(ValueError, match="soft targets"):
        lesson(FACES, recipe(), soft[1:])


def test_pictures_of_the_right_size_are_not_copied() -> None:
    assert resized(FACES.pictures, 48) is FACES.pictures
    assert resized(FACES.pictures, 64).shape == (len(FACES), 64, 64)
