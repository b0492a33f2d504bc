"""From AI Hub's archives to arrays and the facts of a manifest, with every picture kept or counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lab.data import aihub, dataset
from lab.data.aihub_archives import inputs
from lab.data.aihub_labels import NATIVE, Dropped, Label, Verdicts
from lab.data.damage import Damaged
from lab.data.dataset import SPLITS, Faces
from lab.data.people import AIHUB, name_with_person
from shared.domain.emotions import EMOTIONS

TITLE = "AI Hub 82, 한국인 감정인식을 위한 복합 영상"
LICENCE = "AI Hub's terms of use; given on application, not to be passed on"
EXAMPLES = 100  # names of dropped pictures in a manifest, by reason; there are hundreds of thousands


def prepare_aihub(root: Path, choice: aihub.Choice, folder: Path, progress: aihub.Progress) -> dict[str, Any]:
    """Read everything under `root` into one data folder and return its manifest.

    The pictures are named such as `aihub82/<person>/<native expression>/<rest of the file's name>`.

    Raises:
        Damaged: An archive or a file of labels is damaged, or nothing is left.
    """
    found = aihub.survey(root)
    said = aihub.verdicts(found, choice, progress)
    gathered = _Gathered(said, choice)
    gathered.take(aihub.faces(found, said, choice, progress))
    if not gathered.labels:
        reasons = ", ".join(f"{count} {reason}" for reason, count in gathered.dropped().items())
        raise Damaged(root, f"holds no picture that can be kept: {reasons}")
    given = {"inputs": inputs(root, found.paths), "other_files": found.other_files, "choice": _described(choice)}
    facts = {"data": AIHUB, "title": TITLE, "licence": LICENCE, **given, **gathered.facts()}
    return dataset.write(folder, gathered.faces(), facts)


def _described(choice: aihub.Choice) -> dict[str, Any]:
    return {**asdict(choice), "maps": aihub.MAPPINGS[choice.mapping], "shares_of_people": dict(aihub.SHARES)}


@dataclass(slots=True)
class _Gathered:
    """Grows by one picture at a time; pictures in one piece of memory, which the arrays then share."""

    said: Verdicts
    choice: aihub.Choice
    pictures: bytearray = field(default_factory=bytearray)
    labels: bytearray = field(default_factory=bytearray)
    splits: bytearray = field(default_factory=bytearray)
    names: list[str] = field(default_factory=list)
    natives: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    people: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    counts: Counter[Dropped] = field(default_factory=Counter)
    examples: dict[Dropped, list[str]] = field(default_factory=lambda: defaultdict(list))

    def take(self, outcomes: Iterable[aihub.Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome.fate, aihub.Kept):
                self._keep(outcome.name, outcome.fate)
            else:
                self._drop(outcome.name, outcome.fate)

    def _keep(self, name: str, kept: aihub.Kept) -> None:
        self.pictures += kept.face.tobytes()
        self.labels.append(EMOTIONS.index(kept.emotion))
        self.splits.append(SPLITS.index(kept.split))
        self.names.append(name_with_person(kept.person, kept.native, name))
        self.natives[kept.native]["kept"] += 1
        self.people[kept.split].add(kept.person)

    def _drop(self, name: str, reason: Dropped) -> None:
        self.counts[reason] += 1
        if len(self.examples[reason]) < EXAMPLES:
            self.examples[reason].append(name)
        said = self.said.get(name)
        if isinstance(said, Label):
            self.natives[said.native][reason] += 1

    def faces(self) -> Faces:
        side = self.choice.side_px
        return Faces(
            pictures=np.frombuffer(self.pictures, dtype=np.uint8).reshape(-1, side, side),
            labels=np.frombuffer(self.labels, dtype=np.uint8),
            splits=np.frombuffer(self.splits, dtype=np.uint8),
            names=np.array(self.names, dtype=np.str_),
        )

    def dropped(self) -> dict[str, int]:
        return {reason.value: self.counts[reason] for reason in sorted(self.counts)}

    def facts(self) -> dict[str, Any]:
        """What the manifest says; `read` is always what is kept and all that is dropped."""
        read = len(self.labels) + self.counts.total()
        with_label = read - self.counts[Dropped.NO_LABEL] - self.counts[Dropped.REPEATED_NAME]
        return {
            "read": read,
            "dropped": {
                reason: {"count": count, "names": self.examples[Dropped(reason)]}
                for reason, count in self.dropped().items()
            },
            "native": {native: dict(self.natives[native]) for native in NATIVE},
            "people": {split: len(self.people[split]) for split in SPLITS},
            "labels_without_picture": len(self.said) - with_label,
        }
