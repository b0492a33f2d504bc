"""Faces that are none: stripes, whose width says the class, so that turning and shifting leaves it."""

from __future__ import annotations

import numpy as np

from lab.data.dataset import SPLITS, TRAINING, VALIDATION, Faces
from shared.domain.emotions import EMOTIONS

SIDE_PX = 48


def striped(label: int, rng: np.random.Generator, side_px: int = SIDE_PX) -> np.ndarray:
    """(side, side) uint8: waves across, each class half as long again as the one before."""
    length = 3 * 1.5**label
    wave = np.sin(2 * np.pi * (np.arange(side_px) / length + rng.random()))
    picture = 128 + 80 * wave[:, None] + rng.normal(0, 12, (side_px, side_px))
    return np.clip(picture, 0, 255).astype(np.uint8)


def faces(per_class: int, seed: int = 0, *, shuffled: bool = False) -> Faces:
    """So many pictures of each class to learn from, and half as many to choose by."""
    rng = np.random.default_rng(seed)
    classes = len(EMOTIONS)
    labels = np.tile(np.arange(classes, dtype=np.uint8), per_class + per_class // 2)
    splits = np.full(len(labels), SPLITS.index(VALIDATION), dtype=np.uint8)
    splits[: per_class * classes] = SPLITS.index(TRAINING)
    pictures = np.stack([striped(int(label), rng) for label in labels])
    return Faces(
        pictures=pictures,
        labels=rng.permutation(labels) if shuffled else labels,
        splits=splits,
        names=np.array([f"picture {at}" for at in range(len(labels))]),
    )
