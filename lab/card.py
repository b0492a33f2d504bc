"""The card of a network that `mien lab train` made, before anything was measured of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from lab.recipes.registry import find
from shared import __version__
from shared.domain.emotions import EMOTIONS
from shared.domain.errors import InvalidRequest
from shared.domain.model_card import CARD_FILE
from worker.pipeline.emotions import MARGIN

RUN_FILE, NETWORK_FILE = "run.json", "network.keras"  # of a run's folder, see lab/training/train.py


def read_draft(source: Path) -> dict[str, Any]:
    """One made anew of a run's `run.json` and its recipe, or the card of a folder that holds no run.

    A card beside a run may be of an earlier one. Raises InvalidRequest without either.
    """
    is_run = (source / RUN_FILE).is_file()
    try:
        return _of_run(source) if is_run else _read(source / CARD_FILE)
    except (OSError, ValueError, LookupError, TypeError) as error:
        lacking = "no finished training" if is_run else "neither a card nor a training"
        raise InvalidRequest(f"{source} has {lacking}: {error}") from error


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
        "made_by": {**run, "command": _command(run), "mien": __version__},
    }


def _command(run: dict[str, Any]) -> str:
    """What trains a twin of it; the data folder is called as the data are."""
    data = run["data"].get("name") or "DATA"
    files = {"soft_targets": "--soft-targets SOFT.npy", "weights": "--weights FILE"}
    given = [option for name, option in files.items() if name in run.get("files", {})]
    words = [
        "./mien lab train",
        run["recipe"],
        "--data",
        data,
        "--epochs",
        str(run["epochs"]),
        "--seed",
        str(run["seed"]),
    ]
    return " ".join([*words, *given])


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))
