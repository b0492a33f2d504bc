"""Carries out `mien lab train`: from names and paths to a training, and from what can go wrong to one condition."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lab.data import dataset
from lab.data.damage import Damaged
from lab.recipes.recipe import Recipe
from lab.recipes.registry import find
from lab.training.batches import Targets
from lab.training.curves import draw
from lab.training.precision import Precision
from lab.training.train import AlreadyTrained, AnotherTraining, NothingToResume, Order, Progress, Row, train

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
        rows = train(recipe, faces, _order(request, recipe, manifest), progress, resume=request.resume)
    except (LookupError, ValueError, Damaged, OSError, AlreadyTrained, AnotherTraining, NothingToResume) as fault:
        raise Refused(str(fault)) from fault
    draw(rows, f"{recipe.name}, seed {request.seed}", request.out / CURVES_FILE)
    return rows


def _order(request: Request, recipe: Recipe, manifest: dict[str, Any]) -> Order:
    return Order(
        folder=request.out,
        epochs=request.epochs or recipe.epochs,
        seed=request.seed,
        precision=request.precision,
        soft=_soft(request.soft),
        facts={"name": manifest.get("data"), "sha256": manifest["arrays"]["sha256"], "counts": manifest["counts"]},
    )


def _soft(path: Path | None) -> Targets | None:
    return None if path is None else np.load(path).astype(np.float32)
