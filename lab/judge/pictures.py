"""The pictures that models are judged by: a split of a data folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.data import dataset
from lab.judge.metrics import CLASSES, Labels
from shared.domain.emotions import EMOTIONS
from shared.domain.errors import InvalidRequest

SEED = 0
FER2013_WORDS = {"Training": dataset.TRAINING, "PublicTest": dataset.VALIDATION, "PrivateTest": dataset.TEST}


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    data: str
    """What the folder's manifest calls it."""
    name: str
    arrays_sha256: str
    """Of the folder's arrays, with all splits."""
    pictures: NDArray[np.uint8]
    """(n, side, side) gray, full range 0-255."""
    labels: Labels
    """(n,) places in EMOTIONS."""
    of: int
    """How many pictures the whole split has."""
    whole: Split | None = None
    """What these pictures were drawn from; None where they are all."""

    @property
    def kind(self) -> str:
        """The folder's word for it, whosever word `name` is."""
        return FER2013_WORDS.get(self.name, self.name)

    @property
    def counts(self) -> dict[str, int]:
        """Pictures by emotion, as a manifest has them."""
        return dict(zip(EMOTIONS, np.bincount(self.labels, minlength=CLASSES).tolist(), strict=True))

    @property
    def sha256(self) -> str:
        """Of these pictures and labels themselves, however they are stored: different limits have different ones."""
        digest = hashlib.sha256(repr(self.pictures.shape).encode())
        digest.update(np.ascontiguousarray(self.pictures).tobytes())
        digest.update(self.labels.astype(np.uint8).tobytes())
        return digest.hexdigest()

    def drawn(self, limit: int | None, seed: int = SEED) -> Split:
        """So many of them at random, in their order; all of them where there is no limit."""
        if limit is None or limit >= len(self.labels):
            return self
        chosen = np.sort(np.random.default_rng(seed).permutation(len(self.labels))[:limit])
        return replace(self, pictures=self.pictures[chosen], labels=self.labels[chosen], whole=self.whole or self)


def read_split(folder: Path, name: str) -> Split:
    """Pictures of one split.

    Args:
        folder: What `mien lab prepare` made.
        name: One of the folder's splits, or FER2013's own word for it.

    Raises:
        Damaged: The folder holds no prepared data.
        InvalidRequest: It holds no pictures of this split.
    """
    faces, manifest = dataset.read(folder)
    split = FER2013_WORDS.get(name, name)
    if split not in faces.counts():
        known = ", ".join(faces.counts()) or "none"
        raise InvalidRequest(f"{folder} holds no pictures of the split {name!r}; it has {known}", field="split")
    chosen = faces.of(split)
    return Split(
        data=str(manifest.get("data", folder.resolve().name)),
        name=name,
        arrays_sha256=manifest["arrays"]["sha256"],
        pictures=chosen.pictures,
        labels=chosen.labels.astype(np.int64),
        of=len(chosen),
    )
