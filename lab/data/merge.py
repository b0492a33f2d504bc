"""The prototype's mix of data sets, balanced by class, in which no picture and no person changes sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lab.data.dataset import SPLITS, TEST, TRAINING, VALIDATION, Faces
from lab.data.people import people_in
from shared.domain.emotions import EMOTIONS

GUARDED = (TEST, VALIDATION)  # who or what is in one of them is in none after it, and not in training
PER_CLASS = 5000  # of each data set, as in the prototype
ABOVE_PER_CLASS = "above per-class"
IN_EARLIER_PART = "picture in an earlier part"
STAYS = ""

Fates: TypeAlias = NDArray[np.str_]
"""Of each picture: STAYS, or why it goes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mix:
    per_class: int = PER_CLASS
    """Training pictures of each class from each part."""
    seed: int = 0


def decide(parts: Sequence[Faces], mix: Mix) -> list[Fates]:
    """What becomes of each picture of each part.

    People of a test split are in no other split, nor are pictures of it, whichever part they come from; those of a
    split for choosing are not trained on; a picture that two parts share counts once. Of what is left to train on each part gives `per_class` pictures of each
    class, drawn by the seed, or all if it has fewer; the other splits are measured on as they are.
    """
    fates = [np.full(len(part), STAYS, dtype="U32") for part in parts]
    _guard(parts, fates, [people_in(part.names) for part in parts], "person")
    digests = [_digests(part.pictures) for part in parts]
    _guard(parts, fates, digests, "picture")
    _drop_repeated(fates, digests)
    for number, (part, fate) in enumerate(zip(parts, fates, strict=True)):
        _cap(part, fate, mix.per_class, np.random.default_rng([mix.seed, number]))
    return fates


def counted(fates: Fates) -> dict[str, int]:
    """How many went, by reason."""
    counts = Counter(fates.tolist())
    del counts[STAYS]
    return dict(sorted(counts.items()))


def _guard(parts: Sequence[Faces], fates: Sequence[Fates], keys: Sequence[NDArray[Any]], what: str) -> None:
    """Send away what has the key of something in a split that comes before its own; an empty key is nobody's."""
    allowed = {SPLITS.index(TRAINING), *map(SPLITS.index, GUARDED)}
    for split in GUARDED:
        allowed.remove(code := SPLITS.index(split))
        owned = np.concatenate([key[part.splits == code] for part, key in zip(parts, keys, strict=True)])
        taken = [key for key in np.unique(owned).tolist() if key != ""]
        for part, fate, key in zip(parts, fates, keys, strict=True):
            elsewhere = np.isin(part.splits, list(allowed)) & np.isin(key, taken)
            fate[elsewhere & (fate == STAYS)] = f"{what} in {split}"


def _drop_repeated(fates: Sequence[Fates], digests: Sequence[NDArray[np.int64]]) -> None:
    """What two parts share counts once."""
    for number, (fate, digest) in enumerate(zip(fates, digests, strict=True)):
        earlier = [known[before == STAYS] for known, before in zip(digests[:number], fates[:number], strict=True)]
        if earlier:
            fate[np.isin(digest, np.concatenate(earlier)) & (fate == STAYS)] = IN_EARLIER_PART


def _digests(pictures: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Eight bytes for each picture: that two of a million share them by chance happens once in forty million mixes."""
    joined = b"".join(blake2b(picture.tobytes(), digest_size=8).digest() for picture in pictures)
    return np.frombuffer(joined, dtype=np.int64)


def _cap(part: Faces, fate: Fates, per_class: int, draw: np.random.Generator) -> None:
    for label in range(len(EMOTIONS)):
        of_class = (part.splits == SPLITS.index(TRAINING)) & (part.labels == label)
        there = np.flatnonzero(of_class & (fate == STAYS))
        fate[draw.permutation(there)[per_class:]] = ABOVE_PER_CLASS
