"""The card of a network that `mien lab train` made, before anything was measured of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from lab.recipes.registry import find
from shared.domain.emotions import EMOTIONS
from shared.domain.errors import InvalidRequest
from shared.domain.model_card import CARD_FILE
from worker.pipeline.emotions import MARGIN

RUN_FILE, NETWORK_FILE = "run.json", "network.keras"  # of a run's folder, see lab/training/train.py


def read_draft(source: Path) -> dict[str, Any]:
    """The card in a folder, or one made of a run's `run.json` and its recipe. Raises InvalidRequest without either."""
    try:
        if (source / CARD_FILE).is_file():
            return _read(source / CARD_FILE)
        return _of_run(source)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InvalidRequest(f"{source} has neither a card nor a finished training: {error}") from error


def _of_run(source: Path) -> dict[str, Any]:
    run = _read(source / RUN_FILE)
    recipe = find(run["recipe"])
    sha256 = hashlib.sha256((source / NETWORK_FILE).read_bytes()).hexdigest()
    return {
        "name": recipe.name,
        "version": "1",
        "input": {"side_px": recipe.side_px, "colour": "gray", "scale": recipe.scale, "offset": recipe.offset},
        "margin": MARGIN,
        "labels": list(EMOTIONS),
        "output": "logits",
        "views": ["plain", "mirrored"],
        "temperature": 1.0,
        "weights": {"tensorflow": {"file": NETWORK_FILE, "sha256": sha256}},
        "made_by": run,
    }


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))
