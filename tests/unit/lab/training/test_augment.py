from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lab.recipes.recipe import Augmentation
from lab.training.augment import augment
from tests.unit.lab.stripes import striped

NOTHING = Augmentation()
EVERYTHING = Augmentation(
    flipped=0.5, turned_degrees=15, zoomed=0.2, shifted=0.1, contrast=0.3, brightness=0.1, erased=0.5
)


def picture() -> np.ndarray:
    return striped(2, np.random.default_rng(0))


def test_nothing_asked_for_changes_nothing() -> None:
    assert np.array_equal(augment(picture(), NOTHING, np.random.default_rng(1)), picture())


def test_a_mirrored_picture_is_exactly_that() -> None:
    mirrored = augment(picture(), replace(NOTHING, flipped=1), np.random.default_rng(1))
    assert np.array_equal(mirrored, picture()[:, ::-1])


def test_the_same_seed_gives_the_same_picture() -> None:
    first, second, other = (augment(picture(), EVERYTHING, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_gray_levels_stay_between_black_and_white() -> None:
    rng = np.random.default_rng(2)
    changed = np.stack([augment(picture(), EVERYTHING, rng) for _ in range(50)])
    assert changed.dtype == np.float32
    assert 0 <= changed.min() <= changed.max() <= 255


def test_erasing_covers_a_rectangle_of_the_papers_size() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        changed = augment(picture(), replace(NOTHING, erased=1), rng) != picture()
        rows, columns = changed.any(1).sum(), changed.any(0).sum()
        assert 0.01 * 48 * 48 <= rows * columns <= 0.3 * 48 * 48


@pytest.mark.parametrize("field", ["turned_degrees", "zoomed", "shifted", "contrast", "brightness"])
def test_each_change_changes_something(field: str) -> None:
    changed = augment(
        picture(), replace(NOTHING, **{field: 0.2 if field != "turned_degrees" else 15}), np.random.default_rng(1)
    )
    assert not np.array_equal(changed, picture())
