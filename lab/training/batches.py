"""An epoch's batches: every picture once or as often as the recipe says, in an order drawn from seed and epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from lab.data.dataset import Faces
from lab.recipes.recipe import Recipe
from lab.training.augment import augment
from shared.domain.emotions import EMOTIONS

Inputs = NDArray[np.float32]
"""(n, side, side, 1), scaled as the recipe says."""
Targets = NDArray[np.float32]
"""(n, classes), each row sums to 1."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learnt: pictures in the recipe's size, and what a network should say of each."""

    pictures: NDArray[np.uint8]
    targets: Targets
    shown: NDArray[np.int64]
    """Places of the pictures that make an epoch, some of them more than once."""

    def __len__(self) -> int:
        return len(self.shown)


def lesson(faces: Faces, recipe: Recipe, soft: Targets | None = None) -> Lesson:
    """Prepare pictures for a recipe.

    Args:
        soft: What to learn instead of the labels, such as the mean of an ensemble's answers, row by row.
    """
    hard = smoothed(faces.labels, recipe.smoothing)
    if soft is not None and soft.shape != hard.shape:
        raise ValueError(f"soft targets of shape {soft.shape} do not fit {len(faces)} pictures")
    times = [recipe.repeats.get(emotion, 1) for emotion in EMOTIONS]
    shown = np.repeat(np.arange(len(faces)), np.array(times)[faces.labels])
    return Lesson(resized(faces.pictures, recipe.side_px), hard if soft is None else soft, shown)


def smoothed(labels: NDArray[np.uint8], smoothing: float) -> Targets:
    """Labels as rows of probabilities, a part of which is spread over all classes alike."""
    classes = len(EMOTIONS)
    return (np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes).astype(np.float32)


def batches(lesson: Lesson, recipe: Recipe, seed: int, epoch: int, done: float) -> Iterator[tuple[Inputs, Targets]]:
    """All batches of an epoch, each full; the few pictures that would make a smaller one wait for another epoch.

    Args:
        done: Part of the whole training that is done, 0 to 1.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(lesson.shown)
    size = min(recipe.batch, len(order))
    for start in range(0, len(order) - size + 1, size):
        yield _batch(lesson, recipe, order[start : start + size], rng, done)


def steps_of(lesson: Lesson, recipe: Recipe) -> int:
    """Batches in an epoch."""
    return max(1, len(lesson) // recipe.batch)


def scaled(pictures: NDArray[np.uint8] | NDArray[np.float32], recipe: Recipe) -> Inputs:
    """(n, side, side) of 0-255 as a network takes it."""
    return (pictures.astype(np.float32) * np.float32(recipe.scale) + np.float32(recipe.offset))[..., None]


def resized(pictures: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """(n, side, side) pictures in another size; the same array if they have it."""
    if pictures.shape[1:] == (side_px, side_px):
        return pictures
    larger = side_px > pictures.shape[1]
    how = cv2.INTER_LINEAR if larger else cv2.INTER_AREA
    return np.stack([np.asarray(cv2.resize(one, (side_px, side_px), interpolation=how), np.uint8) for one in pictures])


def _batch(
    lesson: Lesson, recipe: Recipe, places: NDArray[np.int64], rng: Generator, done: float
) -> tuple[Inputs, Targets]:
    how = recipe.augmentation
    pictures = np.stack([augment(lesson.pictures[place], how, rng) for place in places])
    targets = lesson.targets[places]
    if done < how.mixed_until and rng.random() < how.mixed:
        share = np.float32(rng.beta(how.mixing_alpha, how.mixing_alpha))
        pictures, targets = (share * one + (1 - share) * one[::-1] for one in (pictures, targets))
    return scaled(pictures, recipe), targets
