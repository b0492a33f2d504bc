"""From pictures as they were found to those that are kept, with every other one counted and named.

The splits that models are chosen and measured on stay as they are, so that figures can be compared with published
ones: there only what is no picture is dropped. From Training goes what teaches nothing or teaches the wrong thing.
Where people voted on the labels, those of every split are theirs, and a picture without one goes from every split.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    votes: NDArray[np.float32]
    """(training pictures, 7), for each of EMOTIONS, in the order of `faces`; (…, 0) where nobody was asked."""
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
        if reason and (entry.split == TRAINING or entry.against or reason in {UNREADABLE, OTHER_SIZE}):
            dropped[reason].append(entry.name)
            continue
        if reason:
            noted[reason].append(entry.name)
        kept.append(entry)
    return Gathered(_stacked(kept), _votes(kept), len(found), dict(dropped), dict(noted))


def _reasons(found: list[Entry]) -> Iterator[tuple[int, str]]:
    """The place of each entry that something speaks against, and what."""
    copies: dict[bytes, list[int]] = defaultdict(list)
    for place, entry in enumerate(found):
        fault = _fault(entry.picture)
        if entry.against or fault:
            yield place, entry.against or fault
        if entry.picture is not None and not fault:
            copies[hashlib.sha256(entry.picture.tobytes()).digest()].append(place)
    for places in copies.values():
        if len(places) > 1:
            yield from _among_copies(found, places)


def _fault(picture: NDArray[np.uint8] | None) -> str:
    """What is wrong with a picture by itself; empty if nothing is."""
    if picture is None:
        return UNREADABLE
    if picture.shape != (SIDE_PX, SIDE_PX):
        return OTHER_SIZE
    return BLANK if picture.std() < BLANK_BELOW else ""


def _among_copies(found: list[Entry], places: list[int]) -> Iterator[tuple[int, str]]:
    """Of equal pictures the first is kept if all say the same, and none of Training if they do not.

    One that the votes leave out says nothing, but in another split it is still not to be learnt from.
    """
    leaked = any(found[place].split != TRAINING for place in places)
    places = [place for place in places if not found[place].against]
    contradictory = len({found[place].label for place in places}) > 1
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


def _votes(kept: list[Entry]) -> NDArray[np.float32]:
    return np.array([entry.votes for entry in kept if entry.split == TRAINING], dtype=np.float32)


def _counted(names: dict[str, list[str]]) -> dict[str, Any]:
    return {reason: {"count": len(some), "names": some} for reason, some in sorted(names.items())}
