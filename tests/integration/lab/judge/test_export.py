"""An exported model computes what was trained, or is not written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import lab.card
from lab import export
from lab.calibrate import calibrate
from lab.export import Inexact, Storage, export_folder
from lab.judge import calibration
from lab.judge.pictures import Split
from lab.models.catalogue import open_models
from lab.models.quiet import import_tensorflow
from lab.models.reading import Reader
from shared import __version__
from shared.domain.emotions import EMOTIONS
from shared.domain.errors import InvalidRequest

PICTURES = np.random.default_rng(3).integers(0, 256, (21, 48, 48), dtype=np.uint8)


@pytest.fixture(scope="module")
def network() -> Any:
    """Small, untrained, with what our recipes are made of; it gives logits."""
    keras = import_tensorflow().keras
    keras.utils.set_random_seed(5)
    given = keras.Input((48, 48, 1))
    inner = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(given)
    squeezed = keras.layers.GlobalAveragePooling2D(keepdims=True)(inner)
    inner = inner * keras.layers.Dense(8, activation="sigmoid")(squeezed)
    inner = keras.layers.BatchNormalization()(keras.layers.SeparableConv2D(96, 3, strides=2)(inner))
    found = keras.layers.Dense(7, kernel_initializer=keras.initializers.RandomNormal(stddev=0.5))
    return keras.Model(given, found(keras.layers.Flatten()(keras.layers.MaxPooling2D(4)(inner))))


@pytest.fixture
def trained(network: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "trained"
    folder.mkdir()
    network.save(folder / "best.keras")
    card = {
        "name": "tiny",
        "version": "1",
        "input": {"side_px": 48, "colour": "gray", "scale": 1 / 255, "offset": 0},
        "margin": 0.1,
        "labels": EMOTIONS,
        "output": "logits",
        "views": ["plain"],
        "temperature": 1.5,
        "weights": {"tensorflow": {"file": "best.keras", "sha256": _sha256(folder / "best.keras")}},
        "made_by": {"recipe": "tiny"},
    }
    (folder / "model.json").write_text(json.dumps(card))
    return folder


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def expected_of(network: Any) -> Any:
    logits = np.asarray(network((PICTURES / np.float32(255))[..., None], training=False), dtype=np.float64) / 1.5
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("storage", "tolerance"), [("float32", 1e-4), ("float16", 1e-2), ("int8", 0.1)])
def test_a_model_folder_computes_what_was_trained(
    network: Any, trained: Path, tmp_path: Path, storage: Storage, tolerance: float
) -> None:
    card = export_folder(trained, tmp_path / "out", storage)
    (reader,) = open_models([f"tiny:{tmp_path / 'out'}"])
    assert reader.status == "ready", reader.reason
    assert reader.probabilities(PICTURES) == pytest.approx(expected_of(network), abs=tolerance)
    assert reader.sha256 == card.weights["litert"].sha256 == _sha256(tmp_path / "out" / "weights.tflite")
    assert dict(card.made_by) == {"recipe": "tiny"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"model.json", "weights.tflite"}


def test_float16_takes_half_the_space(trained: Path, tmp_path: Path) -> None:
    for storage in ("float32", "float16"):
        export_folder(trained, tmp_path / storage, export.storage_of(storage))
    whole, half = ((tmp_path / storage / "weights.tflite").stat().st_size for storage in ("float32", "float16"))
    assert half < 0.6 * whole


def test_exporting_into_the_same_folder_keeps_the_keras_file_in_the_card(trained: Path) -> None:
    card = export_folder(trained, trained)
    assert card.weights["tensorflow"].sha256 == _sha256(trained / "best.keras")
    assert set(card.weights) == {"litert", "tensorflow"}
    assert export_folder(trained, trained) == card  # and again, with the same bytes


def test_one_keras_file_needs_no_name(trained: Path, tmp_path: Path) -> None:
    card = json.loads((trained / "model.json").read_text())
    (trained / "model.json").write_text(json.dumps(card | {"weights": {}}))
    assert export_folder(trained, tmp_path / "out").name == "tiny"
    (trained / "last.keras").write_bytes(b"")
    with pytest.raises(InvalidRequest, match=r"one trained \.keras file"):
        export_folder(trained, tmp_path / "out")


def test_a_keras_file_that_is_not_the_card_s_is_refused(trained: Path, tmp_path: Path) -> None:
    (trained / "best.keras").write_bytes(b"other")
    with pytest.raises(InvalidRequest, match=r"is not the file that model\.json speaks of"):
        export_folder(trained, tmp_path / "out")


def test_a_card_that_does_not_hold_is_refused(trained: Path, tmp_path: Path) -> None:
    card = json.loads((trained / "model.json").read_text())
    (trained / "model.json").write_text(json.dumps(card | {"labels": ["happy"]}))
    with pytest.raises(InvalidRequest, match="labels must be"):
        export_folder(trained, tmp_path / "out")


def test_what_computes_something_else_is_not_written(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_litert = export._by_litert
    monkeypatch.setattr(export, "_by_litert", lambda content, faces: by_litert(content, faces)[:, ::-1])
    with pytest.raises(Inexact, match="probabilities differ by up to"):
        export_folder(trained, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_finished_training_needs_no_card(network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = SimpleNamespace(name="tiny", side_px=48, scale=1 / 64, offset=-2.0)
    monkeypatch.setattr(lab.card, "find", {"tiny": recipe}.__getitem__)
    run = tmp_path / "run"
    run.mkdir()
    network.save(run / "network.keras")
    told = {"recipe": "tiny", "seed": 3, "epochs": 5, "data": {"name": "fer2013"}, "files": {"soft_targets": "ab"}}
    (run / "run.json").write_text(json.dumps(told))
    card = export_folder(run, tmp_path / "out", "float16")
    assert (card.name, card.side_px, card.scale, card.offset) == ("tiny", 48, 1 / 64, -2.0)
    assert (card.output, card.views) == ("logits", ("plain", "mirrored"))
    command = "./mien lab train tiny --data fer2013 --epochs 5 --seed 3 --soft-targets SOFT.npy"
    assert dict(card.made_by) == {**told, "command": command, "mien": __version__}
    old = card.to_dict() | {"version": "0", "temperature": 2, "figures": {"validation": {}}, "made_by": {"seed": 1}}
    (run / "model.json").write_text(json.dumps(old))
    assert export_folder(run, tmp_path / "out", "float16") == card  # an earlier run's card hides nothing


@pytest.mark.parametrize("run", [None, {"recipe": "unheard-of"}, {"recipe": "mien-net"}])
def test_a_folder_without_a_training_is_refused(tmp_path: Path, run: dict[str, str] | None) -> None:
    """Without a run, of a recipe that there is not, and before the first epoch is over."""
    if run is not None:
        (tmp_path / "run.json").write_text(json.dumps(run))
    lacking = "neither a card nor a training" if run is None else "no finished training"
    with pytest.raises(InvalidRequest, match=lacking):
        export_folder(tmp_path, tmp_path / "out")


def test_a_temperature_makes_a_model_as_sure_as_it_is_right(trained: Path, tmp_path: Path) -> None:
    """Its answers are right in half of the pictures; it was made ten times too sure."""
    given = json.loads((trained / "model.json").read_text())
    (trained / "model.json").write_text(json.dumps(given | {"views": ["plain", "mirrored"], "temperature": 0.1}))
    export_folder(trained, tmp_path / "out")
    before = ready(tmp_path / "out").probabilities(PICTURES)
    labels = np.where(np.arange(len(PICTURES)) % 2, before.argmax(axis=1), (before.argmax(axis=1) + 3) % 7)
    card = calibrate(tmp_path / "out", split_of(labels))
    after = ready(tmp_path / "out").probabilities(PICTURES)
    assert card.temperature > 0.1
    assert calibration.nll(after, labels) < calibration.nll(before, labels)
    figures = card.figures["validation"]
    assert figures["nll"] == pytest.approx(calibration.nll(after, labels), abs=1e-4)
    assert figures["pictures"] == len(PICTURES)
    best = [calibration.nll(np.asarray(_at(tmp_path / "out", t)), labels) for t in (0.8, 1.25)]
    assert figures["nll"] < min(best)


def test_figures_and_temperature_stay_with_the_weights_they_were_measured_with(trained: Path) -> None:
    export_folder(trained, trained)
    answers = ready(trained).probabilities(PICTURES).argmax(axis=1)
    calibrated = calibrate(trained, split_of(np.where(np.arange(len(PICTURES)) % 2, answers, (answers + 3) % 7)))
    assert calibrated.temperature != 1
    assert export_folder(trained, trained) == calibrated
    other = export_folder(trained, trained, "float16")
    assert (other.temperature, dict(other.figures)) == (1, {})
    assert other.weights["tensorflow"] == calibrated.weights["tensorflow"]


def test_a_temperature_beyond_the_range_is_refused_and_the_card_left(trained: Path, tmp_path: Path) -> None:
    export_folder(trained, tmp_path / "out")
    before = (tmp_path / "out" / "model.json").read_bytes()
    always_right = ready(tmp_path / "out").probabilities(PICTURES).argmax(axis=1)
    with pytest.raises(InvalidRequest, match=r"no temperature between 0\.05 and 20 fits made up validation"):
        calibrate(tmp_path / "out", split_of(always_right))
    assert (tmp_path / "out" / "model.json").read_bytes() == before


def _at(folder: Path, factor: float) -> Any:
    """What the model says at another temperature than its own."""
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(card | {"temperature": card["temperature"] * factor}))
    found = ready(folder).probabilities(PICTURES)
    (folder / "model.json").write_text(json.dumps(card))
    return found


def ready(folder: Path) -> Reader:
    (reader,) = open_models([f"tiny:{folder}"])
    assert reader.status == "ready", reader.reason
    return reader


def split_of(labels: Any) -> Split:
    return Split(
        data="made up", name="validation", arrays_sha256="ab" * 32, pictures=PICTURES, labels=labels, of=len(labels)
    )
