"""From pictures as they were found to those that are kept, with every other one counted and named.

The splits that models are chosen and measured on stay as they are, so that figures can be compared with published
ones: there only what is no picture is dropped. From Training goes what teaches nothing or teaches the wrong thing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lab.data.dataset import SPLITS, TRAINING, Faces
from lab.data.fer2013 import SIDE_PX, Entry

UNREADABLE = "unreadable"
OTHER_SIZE = f"not {SIDE_PX} x {SIDE_PX}"
BLANK = "blank"
DUPLICATE = "duplicate with the same label"
CONTRADICTORY = "duplicate with another label"
LEAKED = "also in a split for choosing or testing"
BLANK_BELOW = 1.0  # standard deviation in gray levels; FER2013's empty pictures have 0, all others more than 8


@dataclass(frozen=True, slots=True)
class Gathered:
    faces: Faces
    read: int
    dropped: dict[str, list[str]] = field(default_factory=dict)
    """Names by reason."""
    noted: dict[str, list[str]] = field(default_factory=dict)
    """What would have been dropped from Training, in splits that are left whole."""

    def facts(self) -> dict[str, Any]:
        """What the manifest says; `read` is always `kept` and all that is dropped."""
        return {"read": self.read, "dropped": _counted(self.dropped), "kept_although": _counted(self.noted)}


def gather(entries: Iterable[Entry]) -> Gathered:
    """Keep each picture or name the reason against it.

    Raises:
        ValueError: Nothing is left.
    """
    found = list(entries)
    reasons = dict(_reasons(found))
    dropped: dict[str, list[str]] = defaultdict(list)
    noted: dict[str, list[str]] = defaultdict(list)
    kept = []
    for place, entry in enumerate(found):
        reason = reasons.get(place)
        if reason and (entry.split == TRAINING or reason in {UNREADABLE, OTHER_SIZE}):
            dropped[reason].append(entry.name)
            continue
        if reason:
            noted[reason].append(entry.name)
        kept.append(entry)
    return Gathered(_stacked(kept), len(found), dict(dropped), dict(noted))


def _reasons(found: list[Entry]) -> Iterator[tuple[int, str]]:
    """The place of each entry that something speaks against, and what."""
    copies: dict[bytes, list[int]] = defaultdict(list)
    for place, entry in enumerate(found):
        if entry.picture is None:
            yield place, UNREADABLE
        elif entry.picture.shape != (SIDE_PX, SIDE_PX):
            yield place, OTHER_SIZE
        elif entry.picture.std() < BLANK_BELOW:
            yield place, BLANK
        else:
            copies[hashlib.sha256(entry.picture.tobytes()).digest()].append(place)
    for places in copies.values():
        if len(places) > 1:
            yield from _among_copies(found, places)


def _among_copies(found: list[Entry], places: list[int]) -> Iterator[tuple[int, str]]:
    """Of equal pictures the first is kept if all say the same, and none of Training if they do not."""
    contradictory = len({found[place].label for place in places}) > 1
    leaked = any(found[place].split != TRAINING for place in places)
    for order, place in enumerate(places):
        if leaked and found[place].split == TRAINING:
            yield place, LEAKED
        elif contradictory:
            yield place, CONTRADICTORY
        elif order:
            yield place, DUPLICATE


def _stacked(kept: list[Entry]) -> Faces:
    if not kept:
        raise ValueError("no picture was found, or none could be kept")
    return Faces(
        pictures=np.stack([entry.picture for entry in kept if entry.picture is not None]),
        labels=np.array([entry.label for entry in kept], dtype=np.uint8),
        splits=np.array([SPLITS.index(entry.split) for entry in kept], dtype=np.uint8),
        names=np.array([entry.name for entry in kept], dtype=np.str_),
    )


def _counted(names: dict[str, list[str]]) -> dict[str, Any]:
    return {reason: {"count": len(some), "names": some} for reason, some in sorted(names.items())}
