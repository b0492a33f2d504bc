"""Training for real, on pictures that are quickly learnt."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.data.dataset import SPLITS, TRAINING, VALIDATION
from lab.recipes.efficientnetb0 import UPPER, scaling_of
from lab.recipes.recipe import Augmentation, Recipe, Stage
from lab.recipes.registry import NAMES, find
from lab.training.batches import batches, lesson, resized, scaled
from lab.training.learner import Learner
from lab.training.schedule import place_of
from lab.training.train import AlreadyTrained, AnotherTraining, NothingToResume, Order, Row, train
from shared.domain.emotions import EMOTIONS
from tests.unit.lab.stripes import faces

CHANCE = 1 / 7
PLAIN = Augmentation()


@pytest.fixture(autouse=True, scope="module")
def quiet() -> None:
    """As the recipes ask for it that cannot do with oneDNN."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


def ignore(*_: object) -> None:
    """A progress that nobody watches."""


def adam(_network: Any) -> Any:
    from keras.optimizers import Adam

    return Adam()


def build(classes: int) -> Any:
    """Quick to make and to train, with all that has a state: batch normalisation and dropout."""
    from keras import Input, Model, layers

    given = Input((48, 48, 1))
    flow = layers.Conv2D(8, 5, 3, use_bias=False)(given)
    flow = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(flow))
    flow = layers.Dropout(0.1, seed=3)(layers.Flatten()(flow))
    return Model(given, layers.Dense(classes, dtype="float32", name="logits")(flow))


def small(**changes: Any) -> Recipe:
    facts: dict[str, Any] = {
        "name": "small",
        "side_px": 48,
        "scale": 1 / 64,
        "offset": -2,
        "build": build,
        "stages": (Stage(learning_rate=3e-3, warm_up_epochs=1, optimiser=adam),),
        "epochs": 4,
        "batch": 28,
        "averaged": 0.9,
        "smoothing": 0.1,
        "augmentation": Augmentation(flipped=0.5, contrast=0.2, mixed=0.3),
    }
    return Recipe(**(facts | changes))


class Cut(Exception):
    """The power fails."""


def cut_in_epoch(number: int) -> Any:
    def progress(text: str, done: int, _total: int | None) -> None:
        if text.startswith(f"Epoch {number} ") and done == 2:
            raise Cut

    return progress


def untimed(rows: list[Row]) -> list[Row]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def weights_of(folder: Path) -> Iterator[np.ndarray]:
    from keras import models

    yield from models.load_model(folder / "network.keras", compile=False).get_weights()


@pytest.mark.parametrize("stages", [1, 2])
def test_a_training_that_was_cut_off_ends_like_one_that_was_not(tmp_path: Path, stages: int) -> None:
    stage = Stage(learning_rate=3e-3, optimiser=adam)
    recipe, some = small(stages=(stage,) * stages), faces(12)
    whole, cut = (Order(folder=tmp_path / name, epochs=4, seed=5, precision="float32") for name in ("whole", "cut"))
    rows = train(recipe, some, whole, ignore)
    with pytest.raises(Cut):
        train(recipe, some, cut, cut_in_epoch(3))
    assert untimed(train(recipe, some, cut, ignore, resume=True)) == untimed(rows)
    assert all(map(np.array_equal, weights_of(whole.folder), weights_of(cut.folder)))


def test_a_run_leaves_a_log_and_says_what_was_asked_for(tmp_path: Path) -> None:
    order = Order(folder=tmp_path, epochs=2, precision="float32", facts={"sha256": "abc"})
    rows = train(small(), faces(8), order, ignore)
    assert [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()] == rows
    assert json.loads((tmp_path / "run.json").read_text())["data"] == {"sha256": "abc"}
    assert {"epoch", "learning_rate", "loss", "accuracy", "accuracy_mirrored", "seconds"} <= rows[0].keys()
    assert not list(tmp_path.glob("*part*"))


def test_a_run_that_was_made_longer_says_by_which_schedules_it_was_trained(tmp_path: Path) -> None:
    order = Order(folder=tmp_path, epochs=1, precision="float32")
    train(small(), faces(8), order, ignore)
    rows = train(small(), faces(8), replace(order, epochs=3), ignore, resume=True)
    told = json.loads((tmp_path / "run.json").read_text())
    best = max(rows, key=lambda row: row["accuracy_mirrored"])["epoch"]
    assert told["epochs"] == 3
    assert told["trained"] == {
        "epochs": 3,
        "best_epoch": best,
        "schedules": [{"of": 1, "up_to_epoch": 1}, {"of": 3, "up_to_epoch": 3}],
    }


def test_a_folder_with_a_training_is_not_overwritten_and_one_without_not_resumed(tmp_path: Path) -> None:
    order = Order(folder=tmp_path, epochs=1, precision="float32")
    with pytest.raises(NothingToResume):
        train(small(), faces(8), order, ignore, resume=True)
    train(small(), faces(8), order, ignore)
    with pytest.raises(AlreadyTrained):
        train(small(), faces(8), order, ignore)


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"facts": {"sha256": "other"}}, {"files": {"soft_targets": "abc"}}], ids=str
)
def test_only_the_same_training_is_gone_on_with(tmp_path: Path, change: dict[str, Any]) -> None:
    order = Order(folder=tmp_path, epochs=1, precision="float32", facts={"sha256": "some"})
    train(small(), faces(8), order, ignore)
    with pytest.raises(AnotherTraining, match="holds a training of"):
        train(small(), faces(8), replace(order, **change), ignore, resume=True)


@pytest.mark.parametrize("split", [TRAINING, VALIDATION])
def test_data_without_a_split_are_refused_at_once(tmp_path: Path, split: str) -> None:
    some = faces(8)
    without = some.where(some.splits != SPLITS.index(split))
    with pytest.raises(ValueError, match=f"no pictures of the {split} split"):
        train(small(), without, Order(folder=tmp_path, epochs=1), ignore)


def test_a_training_that_no_longer_gets_better_ends(tmp_path: Path) -> None:
    order = Order(folder=tmp_path, epochs=20, precision="float32")
    stuck = Stage(learning_rate=0, optimiser=adam)
    assert len(train(small(stages=(stuck,), patience=2, averaged=0), faces(8), order, ignore)) == 3


def test_shuffled_labels_give_chance(tmp_path: Path) -> None:
    order = Order(folder=tmp_path, epochs=4, precision="float32")
    rows = train(small(), faces(40, shuffled=True), order, ignore)
    assert abs(rows[-1]["accuracy_mirrored"] - CHANCE) < 4 * np.sqrt(CHANCE * (1 - CHANCE) / 140)


def test_soft_targets_are_what_is_learnt(tmp_path: Path) -> None:
    """Targets that speak of the next class each are learnt instead of the labels."""
    some = faces(40)
    soft = np.eye(7, dtype=np.float32)[(some.labels[some.splits == 0] + 1) % 7]
    order = Order(folder=tmp_path, epochs=8, precision="float32", soft=soft)
    rows = train(small(augmentation=PLAIN), some, order, ignore)
    assert rows[-1]["accuracy_mirrored"] < CHANCE / 2
    assert rows[-1]["loss"] < 0.6 * np.log(7)


@pytest.mark.parametrize(("name", "times"), [(name, 2 if name == "xception" else 5) for name in NAMES])
def test_each_recipe_learns_stripes_in_a_few_steps(name: str, times: int) -> None:
    """Xception takes a second for a step, and needs few of them."""
    recipe = replace(find(name), batch=14, augmentation=PLAIN, repeats=dict.fromkeys(EMOTIONS, times))
    some = faces(8).of(TRAINING)
    learner, place = Learner(recipe, "float32", seed=1), place_of(recipe.stages, 0, 1)
    learner.enter(place)
    for inputs, targets in batches(lesson(some, recipe), recipe, 1, 0, 0):
        learner.learn(inputs, targets, place.stage.learning_rate / 4)
    shown = scaled(resized(some.pictures, recipe.side_px), recipe)
    answers = np.asarray(learner.network(shown, training=True)).argmax(1)
    assert np.mean(answers == some.labels) > 2.5 * CHANCE


def test_efficientnet_learns_with_its_head_first_and_then_with_its_upper_blocks(tmp_path: Path) -> None:
    from keras import Input, applications
    from keras.layers import BatchNormalization

    network = applications.EfficientNetB0(include_top=False, weights=None, input_tensor=Input((64, 64, 3)))
    scaling_of(network).set_weights([np.full(3, 0.5), np.full(3, 0.25), np.zeros(())])
    network.save_weights(tmp_path / "notop.weights.h5")
    recipe = find("efficientnetb0", tmp_path / "notop.weights.h5")
    network, learning = recipe.build(7), []
    assert np.asarray(scaling_of(network)(np.ones((1, 1, 1, 3)))).ravel() == pytest.approx(
        (1 - 0.5) / 0.5 / np.sqrt([0.229, 0.224, 0.225])
    )
    for stage in recipe.stages:
        stage.prepare(network)
        learning.append({layer.name for layer in network.layers if layer.trainable_weights})
    head, upper = learning
    assert head == {"logits"}
    assert all(name.startswith((*UPPER, "logits")) for name in upper)
    assert all(any(name.startswith(part) for name in upper) for part in UPPER)
    normalised = {layer.name for layer in network.layers if isinstance(layer, BatchNormalization)}
    assert not upper & normalised
