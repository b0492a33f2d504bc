"""Makes a data folder out of FER2013, in whichever shape it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from lab.data import dataset, fer2013, votes
from lab.data.aihub_archives import files, readable
from lab.data.damage import Damaged
from lab.data.gathering import Gathered, gather

Progress = Callable[[str, int, int | None], None]
"""Text, done, total (None while unknown)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """What was named: any of them, and several of each."""

    zips: tuple[Path, ...] = ()
    csvs: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    votes: Path | None = None
    """FER+'s csv, to take the labels from."""


def prepare_fer2013(sources: Sources, folder: Path, progress: Progress) -> dict[str, Any]:
    """Read all sources into one data folder and return its manifest.

    Raises:
        Damaged: Naming the file, and the line or the archive's member.
        InvalidRequest: Nobody knows which votes are on which picture.
        ValueError: There is nothing to keep.
    """
    gathered = gather(_reported(_entries(sources), progress))
    facts = {"data": "fer2013", "inputs": [_input(path) for path in _named(sources)], **_others(sources)}
    facts |= gathered.facts()
    (folder / votes.VOTES_FILE).unlink(missing_ok=True)  # of another time, and not of these pictures
    if sources.votes:
        facts |= {"data": "fer2013 with FER+ labels", "votes": _store_votes(folder, gathered)}
    return dataset.write(folder, gathered.faces, facts)


def _store_votes(folder: Path, gathered: Gathered) -> dict[str, Any]:
    """Put soft targets beside the arrays, and return what the manifest says of them."""
    targets, path = votes.soft_targets(gathered.votes), folder / votes.VOTES_FILE
    folder.mkdir(parents=True, exist_ok=True)
    np.save(path, targets)
    return {"rule": votes.RULE, "file": path.name, "rows": len(targets), "sha256": dataset.sha256_of(path)}


def _entries(sources: Sources) -> Iterator[fer2013.Entry]:
    if sources.votes:
        return _voted(sources, sources.votes)
    return chain(
        chain.from_iterable(map(fer2013.read_zip, sources.zips)),
        chain.from_iterable(map(fer2013.read_csv, sources.csvs)),
        chain.from_iterable(map(fer2013.read_folder, sources.folders)),
    )


def _voted(sources: Sources, path: Path) -> Iterator[fer2013.Entry]:
    """Rows know their votes by their place, files by their name; the folders they lie in need not say the class."""
    if sources.csvs:
        yield from votes.voted_by_order(chain.from_iterable(map(fer2013.read_csv, sources.csvs)), path)
    if sources.zips or sources.folders:
        zips = chain.from_iterable(fer2013.read_zip(one, labelled=False) for one in sources.zips)
        folders = chain.from_iterable(fer2013.read_folder(one, labelled=False) for one in sources.folders)
        yield from votes.voted_by_name(chain(zips, folders), path)


def _named(sources: Sources) -> list[Path]:
    asked = [sources.votes] if sources.votes else []
    return [*sources.zips, *sources.csvs, *chain.from_iterable(map(files, sources.folders)), *asked]


def _others(sources: Sources) -> dict[str, Any]:
    walked = [*sources.zips, *chain.from_iterable(map(files, sources.folders))]
    return {"other_files": fer2013.other_files(walked)}


def _input(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise Damaged(readable(path), "is missing")
    return {"file": readable(Path(path.name)), "bytes": path.stat().st_size, "sha256": dataset.sha256_of(path)}


def _reported(entries: Iterable[fer2013.Entry], progress: Progress) -> Iterator[fer2013.Entry]:
    done = 0
    for done, entry in enumerate(entries, 1):
        progress("Reading pictures", done, None)
        yield entry
    progress("Reading pictures", done, done)
