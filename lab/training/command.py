"""Carries out `mien lab train`: from names and paths to a training, and from what can go wrong to one condition."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lab.data import dataset
from lab.data.damage import Damaged
from lab.data.votes import VOTES_FILE
from lab.recipes.recipe import Recipe
from lab.recipes.registry import find
from lab.training.batches import Targets
from lab.training.curves import draw
from lab.training.precision import Precision
from lab.training.train import (
    RUN_FILE,
    AlreadyTrained,
    AnotherTraining,
    NothingToResume,
    Order,
    Progress,
    Row,
    train,
)

CURVES_FILE = "curves.png"


class Refused(Exception):
    """What was asked for cannot be done; the text says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """The command's arguments; None leaves the choice to the recipe or the machine."""

    recipe: str
    data: Path
    out: Path
    epochs: int | None = None
    seed: int = 0
    resume: bool = False
    precision: Precision | None = None
    soft: Path | None = None
    weights: Path | None = None


def run_training(request: Request, progress: Progress) -> list[Row]:
    """Train, draw the curves, and return the log. Raises Refused."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        recipe = find(request.recipe, request.weights)
        os.environ["TF_ENABLE_ONEDNN_OPTS"] = str(int(recipe.onednn))  # read when TensorFlow is imported
        faces, manifest = dataset.read(request.data)
        order = _order(request, recipe, manifest)
        rows = train(recipe, faces, order, progress, resume=request.resume)
    except (LookupError, ValueError, Damaged, OSError, AlreadyTrained, AnotherTraining, NothingToResume) as fault:
        raise Refused(str(fault)) from fault
    draw(rows, f"{recipe.name}, seed {request.seed}", request.out / CURVES_FILE)
    return rows


def _order(request: Request, recipe: Recipe, manifest: dict[str, Any]) -> Order:
    return Order(
        folder=request.out,
        epochs=request.epochs or _epochs_before(request) or recipe.epochs,
        seed=request.seed,
        precision=request.precision,
        soft=None if request.soft is None else _soft(request.soft, manifest),
        files={
            name: dataset.sha256_of(path)
            for name, path in {"soft_targets": request.soft, "weights": request.weights}.items()
            if path is not None
        },
        facts={"name": manifest.get("data"), "sha256": manifest["arrays"]["sha256"], "counts": manifest["counts"]},
    )


def _epochs_before(request: Request) -> int | None:
    """How many the run that is gone on with was asked for."""
    told = request.out / RUN_FILE
    return int(json.loads(told.read_text())["epochs"]) if request.resume and told.is_file() else None


def _soft(path: Path, manifest: dict[str, Any]) -> Targets:
    """Raises Refused for what are no rows of probabilities, or the votes on other pictures."""
    if path.name == VOTES_FILE and manifest.get("votes", {}).get("sha256") != dataset.sha256_of(path):
        raise Refused(f"{path} holds votes on other pictures than those of this data folder")
    rows = np.load(path)
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or not np.allclose(rows.sum(axis=1), 1, atol=1e-3):
        raise Refused(f"{path} holds no rows of probabilities that add up to 1")
    return rows.astype(np.float32)
