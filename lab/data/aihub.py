"""AI Hub's data set 82, "한국인 감정인식을 위한 복합 영상": pictures of Koreans that three annotators each looked at.

Its seven expressions are not Mien's: 당황 (embarrassed) is not surprise, 불안 (anxious) is not fear, and 상처 (hurt) has
no counterpart. A mapping is chosen by its name.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeVar

from lab.data import aihub_archives as archives
from lab.data.aihub_faces import Face, cut_face
from lab.data.aihub_labels import Dropped, Label, Verdict, Verdicts, read_verdicts
from lab.data.damage import Damaged
from lab.data.dataset import TEST, TRAINING, VALIDATION
from worker.pipeline.emotions import MARGIN

STRICT = {"기쁨": "happy", "분노": "angry", "슬픔": "sad", "중립": "neutral"}
MAPPINGS: Mapping[str, Mapping[str, str]] = {
    "strict": STRICT,
    "prototype": STRICT | {"당황": "surprise", "불안": "fear", "상처": "sad"},  # what the prototype's authors did
}
SHARES = ((TRAINING, 0.8), (VALIDATION, 0.1), (TEST, 0.1))  # of the people

S = TypeVar("S")
T = TypeVar("T")
Progress = Callable[[str, int, int | None], None]
"""Text, done, total (None while unknown)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    min_agree: int = 2
    """Annotators of three."""
    mapping: str = "strict"
    side_px: int = 48
    margin: float = MARGIN
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture that goes into the arrays."""

    face: Face
    native: str
    emotion: str
    person: str
    split: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies under a folder, from the lists of the archives alone."""

    paths: list[Path]
    pictures: int
    label_files: int
    other_files: dict[str, int]
    """By the ends of their names."""


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    """Of the picture's file, in NFC."""
    fate: Kept | Dropped


@dataclass(frozen=True, slots=True)
class _Seen:
    name: str
    verdict: Verdict
    content: bytes
    """Empty if the verdict says already that the picture is dropped."""


def survey(root: Path) -> Survey:
    """Raises Damaged if there are no labels or no pictures, or an archive cannot be opened."""
    paths = archives.files(root)
    kinds = Counter(member.suffix for path in paths for member in archives.members(path))
    pictures, labels = (sum(kinds.pop(suffix, 0) for suffix in kind) for kind in (archives.PICTURES, archives.LABELS))
    for kind, count in (("pictures", pictures), ("labels", labels)):
        if not count:
            raise Damaged(root, f"holds no {kind}, neither in zip files nor beside them")
    return Survey(paths, pictures, labels, dict(kinds))


def verdicts(found: Survey, choice: Choice, progress: Progress) -> Verdicts:
    """What the annotators said of each picture, by its name. Raises Damaged."""
    return read_verdicts(
        _counted(_members(found, archives.LABELS), "Labels", found.label_files, progress), choice.min_agree
    )


def faces(found: Survey, said: Verdicts, choice: Choice, progress: Progress) -> Iterator[Outcome]:
    """One outcome for each picture, in the order of the files; a few pictures for each processor are held at a time.

    Raises:
        Damaged: An archive cannot be read to its end.
    """
    screened = _screened(_members(found, archives.PICTURES), said, MAPPINGS[choice.mapping])
    counted = _counted(screened, "Pictures", found.pictures, progress)
    return _in_order(lambda seen: Outcome(seen.name, _keep(seen, choice)), counted)


def _members(found: Survey, suffixes: frozenset[str]) -> Iterator[archives.Member]:
    everything = chain.from_iterable(map(archives.members, found.paths))
    return (member for member in everything if member.suffix in suffixes)


def _screened(pictures: Iterator[archives.Member], said: Verdicts, mapping: Mapping[str, str]) -> Iterator[_Seen]:
    """Pictures with what is known of them, read only if they may be kept."""
    names: set[str] = set()
    for picture in pictures:
        verdict = _screen(picture.name, said, mapping, names)
        names.add(picture.name)
        yield _Seen(picture.name, verdict, picture.read() if isinstance(verdict, Label) else b"")


def _screen(name: str, said: Verdicts, mapping: Mapping[str, str], names: set[str]) -> Verdict:
    verdict = Dropped.REPEATED_NAME if name in names else said.get(name, Dropped.NO_LABEL)
    if isinstance(verdict, Dropped):
        return verdict
    if verdict.native not in mapping:
        return Dropped.UNMAPPED
    return verdict if person_of(name) else Dropped.NO_UPLOADER


def _keep(seen: _Seen, choice: Choice) -> Kept | Dropped:
    if isinstance(seen.verdict, Dropped):
        return seen.verdict
    face = cut_face(seen.content, seen.verdict.box, choice.side_px, choice.margin)
    if isinstance(face, Dropped):
        return face
    native, person = seen.verdict.native, person_of(seen.name)
    return Kept(face, native, MAPPINGS[choice.mapping][native], person, split_of(person, choice.seed))


def person_of(name: str) -> str:
    """Who uploaded a picture: the set's names start with a hash of the person; empty if there is none."""
    person, underscore, _ = name.partition("_")
    return person if underscore else ""


def split_of(person: str, seed: int) -> str:
    """Drawn from the person and the seed alone, so that no one changes sides when more archives are added."""
    drawn = int.from_bytes(hashlib.sha256(f"{seed}/{person}".encode(errors="replace")).digest()[:8]) / 2**64
    for split, share in SHARES:
        if drawn < share:
            return split
        drawn -= share
    return SHARES[-1][0]


def _counted(items: Iterator[T], text: str, total: int, progress: Progress) -> Iterator[T]:
    for done, item in enumerate(items):
        progress(text, done, total)
        yield item
    progress(text, total, total)


def _in_order(work: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """Work done by threads (OpenCV lets others run), in the order of the items, few of which are held at a time."""
    waiting: deque[Future[T]] = deque()
    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
