"""FER+: what ten people each saw in a picture of FER2013, and the label that follows.

Barsoum et al., arXiv 1608.01041. `fer2013new.csv` has a row for each of the official csv, in its order. The numbers in
its names of pictures are not those of the rows, for some removed pictures were counted and some were not: what has
such a name is found by the name alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from lab.data.damage import Damaged
from lab.data.fer2013 import Entry, rows_of, split_of_usage
from shared.domain.emotions import EMOTIONS
from shared.domain.errors import InvalidRequest

VOTES_FILE = "votes.npy"
RULE = "majority of FER+ votes among the seven emotions"
EMOTION_COLUMNS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""In the order of EMOTIONS."""
NOT_VOTED = "no majority of votes"
REMOVED = "removed by FER+"
OTHER_COLUMNS = {"contempt": "voted contempt", "unknown": "voted unknown", "NF": "voted no face"}
"""What is none of the seven, and why a picture is left out that is called so."""
REASONS = (*OTHER_COLUMNS.values(), NOT_VOTED, REMOVED)
COLUMNS = ("Usage", "Image name", *EMOTION_COLUMNS, *OTHER_COLUMNS)


@dataclass(frozen=True, slots=True)
class Ballot:
    """A row of votes."""

    line: int
    split: str
    name: str
    """Such as `fer0000000.png`; empty for a picture that FER+ removed."""
    emotions: tuple[int, ...]
    """Votes for each of EMOTIONS."""
    others: tuple[int, ...]
    """Votes for each of OTHER_COLUMNS."""

    @property
    def label(self) -> int:
        """The place in EMOTIONS with most votes; the first of several."""
        return self.emotions.index(max(self.emotions))

    @property
    def against(self) -> str | None:
        """Why there is no label."""
        if not self.name:
            return REMOVED
        most = max(self.others)
        if most > max(self.emotions) or sum(self.others) > sum(self.emotions):
            return list(OTHER_COLUMNS.values())[self.others.index(most)]
        return NOT_VOTED if (*self.emotions, *self.others).count(max(self.emotions)) > 1 else None


def read_votes(path: Path) -> Iterator[Ballot]:
    """Every row. Raises Damaged with the line of a row that cannot be read."""
    for line, value in rows_of(path, COLUMNS):
        emotions, others = (
            tuple(_count(path, line, column, value[column]) for column in columns)
            for columns in (EMOTION_COLUMNS, OTHER_COLUMNS)
        )
        yield Ballot(line, split_of_usage(path, line, value["Usage"]), value["Image name"].strip(), emotions, others)


def voted_by_order(entries: Iterable[Entry], path: Path) -> Iterator[Entry]:
    """The rows of the official csv with what was voted on them.

    Raises:
        Damaged: The votes are of other rows: there are more or fewer, or they are of another split.
    """
    line = 1
    for entry, ballot in zip_longest(entries, read_votes(path)):
        if ballot is None:
            raise Damaged(path, f"ends before the votes on {entry.name}", line=line)
        line = ballot.line
        if entry is None:
            raise Damaged(path, "goes on although there are no more pictures", line=line)
        yield _voted(entry, ballot, path)


def voted_by_name(entries: Iterable[Entry], path: Path) -> Iterator[Entry]:
    """Pictures in files that have FER+'s names, with what was voted on them.

    Raises:
        Damaged: A name stands twice in the votes, or with another split.
        InvalidRequest: A file has another name, so that nobody knows which votes are on it.
    """
    ballots = _by_name(path)
    for entry in entries:
        ballot = ballots.get(PurePosixPath(entry.name).name)
        if ballot is None:
            raise InvalidRequest(
                f"{path.name} has no votes on {entry.name}: they fit the rows of the official csv, "
                "or files that have FER+'s own names, such as fer0012345.png",
                field="votes",
            )
        yield _voted(entry, ballot, path)


def soft_targets(votes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 7) votes as rows of probabilities."""
    rows = votes.reshape(-1, len(EMOTIONS))
    return np.asarray(rows / rows.sum(axis=1, keepdims=True), dtype=np.float32)


def _voted(entry: Entry, ballot: Ballot, path: Path) -> Entry:
    if ballot.split != entry.split:
        raise Damaged(
            path, f"is of the {ballot.split} split, but {entry.name} of the {entry.split} split", line=ballot.line
        )
    return replace(entry, label=ballot.label, votes=ballot.emotions, against=ballot.against)


def _by_name(path: Path) -> dict[str, Ballot]:
    found: dict[str, Ballot] = {}
    for ballot in read_votes(path):
        if ballot.name in found:
            raise Damaged(path, f"names {ballot.name} a second time", line=ballot.line)
        if ballot.name:
            found[ballot.name] = ballot
    return found


def _count(path: Path, line: int, column: str, text: str) -> int:
    if not text.strip().isdecimal():
        raise Damaged(path, f"{column} {text!r} is no number of votes", line=line)
    return int(text)
