"""Labelled faces as arrays, and the manifest that says where they came from and what was left out.

A data folder holds `faces.npz` and `manifest.json`; the manifest names the hash of the arrays, so that
a report can name its data in one line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.damage import Damaged
from shared.domain.emotions import EMOTIONS

ARRAYS_FILE = "faces.npz"
MANIFEST_FILE = "manifest.json"
TRAINING, VALIDATION, TEST = "training", "validation", "test"  # to learn from, to choose by, for the last word
SPLITS = (TRAINING, VALIDATION, TEST)


@dataclass(frozen=True, kw_only=True, slots=True)
class Faces:
    """Some labelled pictures, row by row."""

    pictures: NDArray[np.uint8]
    """(n, side, side), gray, full range 0-255."""
    labels: NDArray[np.uint8]
    """(n,), places in EMOTIONS."""
    splits: NDArray[np.uint8]
    """(n,), places in SPLITS."""
    names: NDArray[np.str_]
    """(n,), where each came from, such as `train/angry/Training_1.jpg`."""

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, split: str) -> Faces:
        """Those of one split, as copies."""
        return self.where(self.splits == SPLITS.index(split))

    def where(self, chosen: NDArray[Any]) -> Faces:
        """Those that a mask or places choose, as copies."""
        return Faces(
            pictures=self.pictures[chosen],
            labels=self.labels[chosen],
            splits=self.splits[chosen],
            names=self.names[chosen],
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Pictures by split and emotion; splits without any are left out."""
        return {
            split: {emotion: int(np.sum(labels == place)) for place, emotion in enumerate(EMOTIONS)}
            for code, split in enumerate(SPLITS)
            if len(labels := self.labels[self.splits == code])
        }


def write(folder: Path, faces: Faces, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Put arrays and manifest into a folder, made if need be; the same faces give the same bytes.

    Args:
        facts: What the manifest says besides counts and hashes.

    Returns:
        The manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays = folder / ARRAYS_FILE
    np.savez(
        arrays, pictures=faces.pictures, labels=faces.labels, splits=faces.splits, names=faces.names.astype(np.str_)
    )
    manifest = {
        **facts,
        "labels": list(EMOTIONS),
        "kept": len(faces),
        "counts": faces.counts(),
        "arrays": {"file": ARRAYS_FILE, "sha256": sha256_of(arrays)},
    }
    _write_manifest(folder / MANIFEST_FILE, manifest)
    return manifest


def _write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    """Beside the last one, which stays whole until the new one is."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    beside.replace(path)


def read(folder: Path) -> tuple[Faces, dict[str, Any]]:
    """Faces and manifest of a data folder.

    Raises:
        Damaged: A file is missing, or the arrays are not those that the manifest speaks of.
    """
    manifest = _read_manifest(folder / MANIFEST_FILE)
    arrays = folder / ARRAYS_FILE
    if not arrays.is_file():
        raise Damaged(arrays, "is missing; prepare the data again")
    if sha256_of(arrays) != manifest["arrays"]["sha256"]:
        raise Damaged(arrays, f"is not what {MANIFEST_FILE} speaks of; prepare the data again")
    with np.load(arrays) as stored:
        return Faces(**{name: stored[name] for name in ("pictures", "labels", "splits", "names")}), manifest


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_manifest(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise Damaged(path, "is missing; make the folder with `mien lab prepare`")
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Damaged(path, f"is no JSON: {error}") from error
    if "arrays" not in manifest:
        raise Damaged(path, "names no arrays")
    return manifest
