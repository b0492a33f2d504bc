"""Models from folders: computed as the card says, from the weights that it names and no others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.clock import monotonic_s
from shared.domain.emotions import EMOTIONS
from shared.domain.errors import Unavailable
from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from tests.recordings import Studio
from worker.pipeline import litert
from worker.pipeline.run import FerModel, FolderModel, Recording, analyse_segment, plan_recording
from worker.pipeline.shipped import MODEL_FOLDERS
from worker.sandbox.answers import Answers, Throttled

FER: dict[str, Any] = {
    "name": "fer-again",
    "version": "1",
    "input": {"side_px": 64, "colour": "gray", "scale": 2 / 255, "offset": -1.0},
    "margin": 0.1,
    "labels": list(EMOTIONS),
    "output": "probabilities",
    "views": ["plain"],
    "temperature": 1.0,
    "weights": {"litert": {"file": "fer.tflite", "sha256": litert.FER_SHA256}},
}
MakeFolder = Callable[..., Path]


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """The weights of fer in a folder, with a card in which some things are said otherwise."""

    def make(**otherwise: Any) -> Path:
        (tmp_path / "model.json").write_text(json.dumps({**FER, **otherwise}))
        shutil.copy(litert.fer_weights(), tmp_path / "fer.tflite")
        return tmp_path

    return make


@pytest.fixture
def crops() -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (5, 64, 64), dtype=np.uint8)


def test_fer_in_a_folder_gives_what_fer_gives(make_folder: MakeFolder, model: FerModel, crops: Any) -> None:
    again = FolderModel(make_folder())
    np.testing.assert_allclose(again.probabilities(crops), model.probabilities(crops), atol=1e-5)
    assert (again.name, again.sha256, again.engine) == ("fer-again", litert.FER_SHA256, "litert")


def test_labels_may_stand_in_any_order(make_folder: MakeFolder, model: FerModel, crops: Any) -> None:
    shifted = FolderModel(make_folder(labels=[EMOTIONS[-1], *EMOTIONS[:-1]]))
    np.testing.assert_allclose(shifted.probabilities(crops), np.roll(model.probabilities(crops), -1, 1), atol=1e-5)


def test_views_are_averaged(make_folder: MakeFolder, model: FerModel, crops: Any) -> None:
    both = FolderModel(make_folder(views=["plain", "mirrored"])).probabilities(crops)
    mirrored = model.probabilities(np.ascontiguousarray(crops[:, :, ::-1]))
    np.testing.assert_allclose(both, (model.probabilities(crops) + mirrored) / 2, atol=1e-5)


def test_a_temperature_softens_without_changing_the_order(make_folder: MakeFolder, model: FerModel, crops: Any) -> None:
    soft, plain = FolderModel(make_folder(temperature=3.0)).probabilities(crops), model.probabilities(crops)
    np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-5)
    assert (soft.argmax(axis=1) == plain.argmax(axis=1)).all()
    assert (soft.max(axis=1) < plain.max(axis=1)).all()


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_weights_other_than_those_of_the_card_are_refused(make_folder: MakeFolder, damage: str) -> None:
    weights = make_folder() / "fer.tflite"
    if damage == "altered":
        weights.write_bytes(weights.read_bytes() + b"!")
    else:
        weights.unlink()
    with pytest.raises(Unavailable, match="missing or altered"):
        FolderModel(weights.parent)


def test_a_card_that_does_not_hold_is_refused(make_folder: MakeFolder) -> None:
    with pytest.raises(Unavailable, match="temperature"):
        FolderModel(make_folder(temperature=-1))


def test_classes_are_adjusted_each_by_itself(make_folder: MakeFolder, model: FerModel, crops: Any) -> None:
    """Said by label, so the order of the labels does not matter."""
    shifts = {emotion: 1.0 if emotion == "happy" else 0.0 for emotion in EMOTIONS}
    labels = list(reversed(EMOTIONS))
    folder = make_folder(labels=labels, shifts=[shifts[label] for label in labels])
    odds = FolderModel(folder).probabilities(crops)[:, ::-1]  # fer's columns, called in the other order
    plain = model.probabilities(crops)
    happy = 6 - EMOTIONS.index("happy")
    raised = plain.copy()
    raised[:, happy] *= np.float32(np.e)
    assert odds == pytest.approx(raised / raised.sum(axis=1, keepdims=True), abs=1e-5)


def test_weights_that_are_no_network_are_refused(make_folder: MakeFolder) -> None:
    weights = {"file": "notes.txt", "sha256": sha256(b"no network").hexdigest()}
    folder = make_folder(weights={"litert": weights})
    (folder / "notes.txt").write_bytes(b"no network")
    with pytest.raises(Unavailable, match="do not fit their card"):
        FolderModel(folder)


def test_weights_for_faces_of_another_size_are_refused(make_folder: MakeFolder) -> None:
    with pytest.raises(Unavailable, match="do not fit their card"):
        FolderModel(make_folder(input={**FER["input"], "side_px": 32}))


def test_logits_that_the_card_calls_probabilities_are_refused(tmp_path: Path) -> None:
    shutil.copytree(MODEL_FOLDERS["mien-net"], tmp_path / "mien-net")
    card = json.loads((tmp_path / "mien-net" / "model.json").read_text())
    (tmp_path / "mien-net" / "model.json").write_text(json.dumps({**card, "output": "probabilities", "temperature": 1}))
    with pytest.raises(Unavailable, match="adds up to"):
        FolderModel(tmp_path / "mien-net")


def test_faces_are_cut_as_the_card_says(make_folder: MakeFolder, studio: Studio) -> None:
    """With a margin of a half the network sees smaller faces, and says something else of them."""
    path = studio.record(duration_s=2.0, fps=10, width=320, height=180)
    options = Options()
    plan = plan_recording(path, options, MediaLimits(), lambda _: None)

    def seen(margin: float) -> list[Any]:
        model = FolderModel(make_folder(margin=margin))
        with Recording(path) as recording:
            samples = analyse_segment(recording, plan, plan.segments[0], options, model, lambda _: None)
        return [face for sample in samples for face in sample.faces]

    tight, wide = seen(0.1), seen(0.5)
    assert [face.box for face in tight] == [face.box for face in wide]
    assert [face.sharpness for face in tight] == [face.sharpness for face in wide]
    assert [face.probabilities for face in tight] != [face.probabilities for face in wide]


def test_miens_own_model_reads_a_face_alike_in_any_company(crops: Any) -> None:
    """Its weights are whole numbers, and each face is scaled by its own range alone."""
    own = FolderModel(MODEL_FOLDERS["mien-net"])
    faces = crops[:, : own.side_px, : own.side_px]
    together = own.probabilities(faces)
    alone = np.concatenate([own.probabilities(faces[at : at + 1]) for at in range(len(faces))])
    assert np.array_equal(together, alone)
    assert together.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_a_folder_with_a_new_card_is_loaded_anew(make_folder: MakeFolder) -> None:
    """An analyser lives for long, and must not say one version and compute another."""
    answers = Answers("litert")
    throttled = Throttled(lambda _: None, monotonic_s)

    def model(**otherwise: Any) -> Any:
        folder = make_folder(**otherwise)
        return answers._model({"model_folder": str(folder)}, Options(model="fer-again"), throttled)

    first = model()
    assert model() is first
    assert model(temperature=2.0).card.temperature == 2.0
