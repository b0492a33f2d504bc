"""The models that a deployment has besides those of Mien: folders with a `model.json`, known by the name it gives."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shared.domain.model_card import CARD_FILE, ModelCard
from shared.domain.options import BUILT_IN_MODELS


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelFolder:
    path: Path
    card: ModelCard


def read_model_folder(path: Path) -> ModelFolder:
    """Raises ValueError, naming the folder, when there is no card in it that holds."""
    try:
        text = json.loads((path / CARD_FILE).read_text(encoding="utf-8"))
        return ModelFolder(path=path.resolve(), card=ModelCard.of(text))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is no model folder: {error}") from error


def read_model_folders(paths: Iterable[Path]) -> dict[str, ModelFolder]:
    """By name. Raises ValueError for a folder that is none, and for a name that is taken."""
    found: dict[str, ModelFolder] = {}
    for folder in map(read_model_folder, paths):
        name = folder.card.name
        if name in found or name in BUILT_IN_MODELS:
            raise ValueError(f"{folder.path}: there is a model named {name!r} already")
        found[name] = folder
    return found
