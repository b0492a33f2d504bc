"""Makes a data folder out of FER2013, in whichever shape it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from lab.data import dataset, fer2013
from lab.data.aihub_archives import files
from lab.data.damage import Damaged
from lab.data.gathering import gather

Progress = Callable[[str, int, int | None], None]
"""Text, done, total (None while unknown)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """What was named: any of them, and several of each."""

    zips: tuple[Path, ...] = ()
    csvs: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()


def prepare_fer2013(sources: Sources, folder: Path, progress: Progress) -> dict[str, Any]:
    """Read all sources into one data folder and return its manifest.

    Raises:
        Damaged: Naming the file, and the line or the archive's member.
        ValueError: There is nothing to keep.
    """
    gathered = gather(_reported(_entries(sources), progress))
    facts = {"data": "fer2013", "inputs": [_input(path) for path in _named(sources)], **gathered.facts()}
    return dataset.write(folder, gathered.faces, facts)


def _entries(sources: Sources) -> Iterator[fer2013.Entry]:
    return chain(
        chain.from_iterable(map(fer2013.read_zip, sources.zips)),
        chain.from_iterable(map(fer2013.read_csv, sources.csvs)),
        chain.from_iterable(map(fer2013.read_folder, sources.folders)),
    )


def _named(sources: Sources) -> list[Path]:
    return [*sources.zips, *sources.csvs, *chain.from_iterable(map(files, sources.folders))]


def _input(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise Damaged(path, "is missing")
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": dataset.sha256_of(path)}


def _reported(entries: Iterable[fer2013.Entry], progress: Progress) -> Iterator[fer2013.Entry]:
    done = 0
    for done, entry in enumerate(entries, 1):
        progress("Reading pictures", done, None)
        yield entry
    progress("Reading pictures", done, done)
