"""Trains by a recipe: an epoch at a time, each judged on the validation split, each leaving a checkpoint.

A run's folder holds `run.json` (what was asked for, and how far it came), `log.jsonl` (a line for each epoch), `checkpoint.npz`,
`network.keras` (the best epoch's running mean, in float32) and `curves.png`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lab.data.dataset import TRAINING, VALIDATION, Faces
from lab.recipes.recipe import Recipe
from lab.training import checkpoint
from lab.training.batches import Inputs, Lesson, Targets, batches, lesson, resized, scaled, steps_of
from lab.training.learner import Learner
from lab.training.precision import Precision, best_precision
from lab.training.schedule import Place, learning_rate, place_of

CHECKPOINT_FILE, LOG_FILE, NETWORK_FILE, RUN_FILE = "checkpoint.npz", "log.jsonl", "network.keras", "run.json"

Row = dict[str, Any]
"""An epoch: epoch, learning_rate, loss, accuracy, accuracy_mirrored, validation_loss, seconds."""
Progress = Callable[[str, int, int | None], None]


class NothingToResume(Exception):
    """There is no checkpoint in the folder."""


class AnotherTraining(Exception):
    """The folder's training is by another recipe, or with another seed or other data."""


class AlreadyTrained(Exception):
    """The folder holds a training, and nobody asked to go on with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What a training is asked for."""

    folder: Path
    epochs: int
    seed: int = 0
    precision: Precision | None = None
    """None takes what the processor is quicker with, if the recipe may use oneDNN."""
    soft: Targets | None = None
    """Learnt instead of the labels, row by row of the training split."""
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of what else it begins with, `soft_targets` or `weights`; a run goes on only with the same."""
    facts: Mapping[str, Any] | None = None
    """Of the data, for run.json."""


def train(recipe: Recipe, faces: Faces, order: Order, progress: Progress, *, resume: bool = False) -> list[Row]:
    """Train to the end of the schedule, or until it no longer gets better; returns the log.

    With another number of epochs than before the learning rate goes on where the new schedule has it.

    Raises:
        NothingToResume, AnotherTraining, AlreadyTrained.
        ValueError: There are no pictures to learn from, or none to judge by.
    """
    for split in (TRAINING, VALIDATION):
        if not len(faces.of(split)):
            raise ValueError(f"the data has no pictures of the {split} split")
    run = _Run(recipe, faces, order)
    rows = run.resume() if resume else run.begin()
    while len(rows) < order.epochs and not _is_stale(rows, recipe.patience):
        rows.append(run.epoch(len(rows), progress))
        run.keep(rows)
    return rows


class _Run:
    def __init__(self, recipe: Recipe, faces: Faces, order: Order) -> None:
        self._recipe, self._order = recipe, order
        self._lesson: Lesson = lesson(faces.of(TRAINING), recipe, order.soft)
        judged = faces.of(VALIDATION)
        self._judged = scaled(resized(judged.pictures, recipe.side_px), recipe)
        self._labels = judged.labels
        self._precision = order.precision or (best_precision() if recipe.onednn else "float32")
        self._learner = Learner(recipe, self._precision, order.seed)
        self._stage: int | None = None
        self._told: dict[str, Any] = {}

    def begin(self) -> list[Row]:
        folder = self._order.folder
        if (folder / CHECKPOINT_FILE).exists():
            raise AlreadyTrained(f"{folder} holds a training: resume it, or choose another folder")
        folder.mkdir(parents=True, exist_ok=True)
        self._told = self._facts()
        self._tell([])
        return []

    def resume(self) -> list[Row]:
        path = self._order.folder / CHECKPOINT_FILE
        if not path.is_file():
            raise NothingToResume(f"there is no {path} to resume from")
        state = checkpoint.read(path)
        self._check(state.facts)
        rows: list[Row] = list(state.facts["rows"])
        place = self._enter(len(rows))
        self._learner.restore(state, same_stage=place.number == state.facts["stage"])
        self._tell(rows)
        return rows

    def _check(self, facts: Mapping[str, Any]) -> None:
        self._told = json.loads((self._order.folder / RUN_FILE).read_text())
        order, told = self._order, self._told
        before = {"recipe": facts["recipe"], "seed": facts["seed"], "data": told["data"].get("sha256")}
        now = {"recipe": self._recipe.name, "seed": order.seed, "data": (order.facts or {}).get("sha256")}
        before, now = before | told.get("files", {}), now | dict(order.files)
        if before != now:
            raise AnotherTraining(f"{self._order.folder} holds a training of {before}, not of {now}")

    def epoch(self, number: int, progress: Progress) -> Row:
        began, place = time.monotonic(), self._enter(number)
        loss = self._learn(number, place, progress)
        return {
            "epoch": number + 1,
            "of": self._order.epochs,
            "learning_rate": round(learning_rate(place, 1), 6),
            "loss": round(loss, 4),
            **self._judge(),
            "seconds": round(time.monotonic() - began, 1),
        }

    def keep(self, rows: list[Row]) -> None:
        """The best network, then the checkpoint, then the log: a cut in between repeats an epoch and loses nothing."""
        folder = self._order.folder
        if _best(rows) == len(rows) - 1:
            beside = folder / f"part.{NETWORK_FILE}"
            self._learner.save(beside)
            beside.replace(folder / NETWORK_FILE)
        state = self._learner.state()
        facts = {
            **state.facts,
            "recipe": self._recipe.name,
            "seed": self._order.seed,
            "stage": self._stage,
            "rows": rows,
        }
        state = checkpoint.State(weights=state.weights, mean=state.mean, memory=state.memory, facts=facts).rounded()
        checkpoint.write(folder / CHECKPOINT_FILE, state)
        self._learner.restore(state)
        log = "".join(json.dumps(row) + "\n" for row in rows)
        checkpoint.replace(folder / LOG_FILE, log.encode())
        self._tell(rows)

    def _tell(self, rows: list[Row]) -> None:
        """Write `run.json`; `schedules` are the lengths that it was trained for, each up to which epoch."""
        lasted = {row["of"]: row["epoch"] for row in rows}
        schedules = [{"of": of, "up_to_epoch": epoch} for of, epoch in lasted.items()]
        trained = {"epochs": len(rows), "best_epoch": _best(rows) + 1 if rows else None, "schedules": schedules}
        told = {**self._told, "epochs": self._order.epochs, "trained": trained}
        checkpoint.replace(self._order.folder / RUN_FILE, (json.dumps(told, indent=2) + "\n").encode())

    def _enter(self, number: int) -> Place:
        place = place_of(self._recipe.stages, number, self._order.epochs)
        if place.number != self._stage:
            self._learner.enter(place)
            self._stage = place.number
        return place

    def _learn(self, number: int, place: Place, progress: Progress) -> float:
        """Returns the epoch's mean loss."""
        steps, losses = steps_of(self._lesson, self._recipe), []
        for step, (inputs, targets) in enumerate(self._batches(number)):
            losses.append(self._learner.learn(inputs, targets, learning_rate(place, (step + 0.5) / steps)))
            text = f"Epoch {number + 1} of {self._order.epochs}, loss {np.mean(losses):.3f}"
            progress(text, step + 1, steps)
        return float(np.mean(losses))

    def _batches(self, number: int) -> Iterator[tuple[Inputs, Targets]]:
        return batches(self._lesson, self._recipe, self._order.seed, number, number / self._order.epochs)

    def _judge(self) -> Row:
        """How the twin does on the validation split, without and with a mirrored second view."""
        plain = _probabilities(self._learner.answers(self._judged))
        both = (plain + _probabilities(self._learner.answers(self._judged[:, :, ::-1]))) / 2
        right = both[np.arange(len(both)), self._labels]
        return {
            "accuracy": round(float(np.mean(plain.argmax(1) == self._labels)), 4),
            "accuracy_mirrored": round(float(np.mean(both.argmax(1) == self._labels)), 4),
            "validation_loss": round(float(-np.mean(np.log(np.maximum(right, 1e-9)))), 4),
        }

    def _facts(self) -> dict[str, Any]:
        import keras

        return {
            "recipe": self._recipe.name,
            "parameters": self._learner.parameters,
            "epochs": self._order.epochs,
            "seed": self._order.seed,
            "precision": self._precision,
            "learnt_from": "labels" if self._order.soft is None else "soft targets",
            "files": dict(self._order.files),
            "data": dict(self._order.facts or {}),
            "made_with": {"keras": keras.__version__, "backend": keras.backend.backend(), "numpy": np.__version__},
        }


def _best(rows: list[Row]) -> int:
    """The place of the best epoch, the first of those that are equal."""
    return int(np.argmax([row["accuracy_mirrored"] for row in rows]))


def _is_stale(rows: list[Row], patience: int | None) -> bool:
    return patience is not None and bool(rows) and len(rows) - 1 - _best(rows) >= patience


def _probabilities(logits: Any) -> Any:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
