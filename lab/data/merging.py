"""Makes one data folder out of several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lab.data import dataset
from lab.data.aihub_archives import readable
from lab.data.damage import Damaged
from lab.data.dataset import Faces
from lab.data.merge import STAYS, Fates, Mix, counted, decide

Manifest = dict[str, Any]
EXAMPLES = 100  # names of dropped pictures in a manifest, by reason


def prepare_mix(folders: Sequence[Path], mix: Mix, into: Path) -> Manifest:
    """Mix data folders into a new one and return its manifest.

    Raises:
        Damaged: A folder is not what its manifest says, or its pictures are of another size than those before.
    """
    parts, manifests = zip(*map(dataset.read, folders), strict=True)
    _check_sizes(folders, parts)
    fates = decide(parts, mix)
    inputs = [_input(*one) for one in zip(folders, manifests, fates, strict=True)]
    read = sum(map(len, parts))
    facts = {"data": "mix", "inputs": inputs, "choice": asdict(mix), "read": read, "dropped": _dropped(parts, fates)}
    return dataset.write(into, _joined(parts, fates), facts)


def _check_sizes(folders: Sequence[Path], parts: Sequence[Faces]) -> None:
    first = parts[0].pictures.shape[1]
    for folder, part in zip(folders, parts, strict=True):
        if (side := part.pictures.shape[1]) != first:
            raise Damaged(folder, f"has pictures of {side} px, while {folders[0]} has {first} px")


def _input(folder: Path, manifest: Manifest, fates: Fates) -> dict[str, Any]:
    """What a part is, how much of it is used, and what its own manifest says it was made of."""
    used = {"read": len(fates), "kept": int(np.sum(fates == STAYS)), "dropped": counted(fates)}
    made_of = {key: manifest[key] for key in ("data", "licence", "choice", "inputs") if key in manifest}
    return {"file": readable(Path(folder.name)), "sha256": manifest["arrays"]["sha256"], **used, "made_of": made_of}


def _dropped(parts: Sequence[Faces], fates: Sequence[Fates]) -> dict[str, Any]:
    names: dict[str, list[str]] = defaultdict(list)
    for part, fate in zip(parts, fates, strict=True):
        for reason in counted(fate):
            names[reason] += part.names[fate == reason].tolist()
    return {reason: {"count": len(some), "names": some[:EXAMPLES]} for reason, some in sorted(names.items())}


def _joined(parts: Sequence[Faces], fates: Sequence[Fates]) -> Faces:
    kept = [part.where(fate == STAYS) for part, fate in zip(parts, fates, strict=True)]
    return Faces(
        pictures=np.concatenate([part.pictures for part in kept]),
        labels=np.concatenate([part.labels for part in kept]),
        splits=np.concatenate([part.splits for part in kept]),
        names=np.concatenate([part.names for part in kept]),
    )
