"""Every adapter feeds its network as its makers do, and gives probabilities in the order of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np
import pytest
from numpy.typing import NDArray

from lab.models import deepface
from lab.models.catalogue import open_models
from lab.models.fer import ROUNDED
from lab.models.quiet import import_tensorflow
from lab.models.reading import Reader, fit
from shared.domain.emotions import EMOTIONS
from worker.pipeline import keras

BATCHES = 70  # pictures; no multiple of any batch


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.uint8]:
    """Noise, more and more blurred: from what no face is to what every face is at a distance."""
    rng = np.random.default_rng(0)
    coarse = [rng.integers(0, 256, (BATCHES, side, side), dtype=np.uint8) for side in (3, 6, 12, 48)]
    return np.concatenate([fit(some, 48) for some in coarse])[::4][:BATCHES]


def read(word: str, pictures: NDArray[np.uint8], folder: Path | None = None) -> Any:
    reader = ready(word, folder)
    found = reader.probabilities(pictures)
    assert found.shape == (len(pictures), 7)
    assert found.dtype == np.float32
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-4)
    return found


def ready(word: str, folder: Path | None = None) -> Reader:
    (reader,) = open_models([word], folder)
    assert (reader.status, reader.reason) == ("ready", None)
    return reader


def scaled(pictures: NDArray[np.uint8]) -> Any:
    return ((fit(pictures, 64) / np.float32(255) - 0.5) * 2)[..., None]


def test_fer_is_its_keras_file_on_faces_of_64_px(pictures: Any) -> None:
    network = import_tensorflow().keras.models.load_model(keras.fer_weights(), compile=False)
    expected = np.asarray(network(scaled(pictures), training=False))
    assert read("fer", pictures) == pytest.approx(expected, abs=1e-5)
    assert read("fer-litert", pictures) == pytest.approx(expected, abs=1e-4)


def test_fer_mirrored_takes_the_mean_of_both_views(pictures: Any) -> None:
    both = read("fer-litert", pictures), read("fer-litert", np.ascontiguousarray(pictures[:, :, ::-1]))
    assert read("fer-mirrored", pictures) == pytest.approx(np.mean(both, axis=0), abs=1e-5)


def test_fer_int8_is_what_fer_computes_face_by_face(pictures: Any) -> None:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(keras.fer_weights().with_name(ROUNDED)), num_threads=1)
    interpreter.allocate_tensors()
    expected = []
    for face in scaled(pictures[:20]):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], face[None].astype(np.float32))
        interpreter.invoke()
        expected.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].copy())
    assert read("fer-int8", pictures[:20]) == pytest.approx(np.array(expected), abs=1e-4)


def test_a_result_does_not_depend_on_the_pictures_beside_it(pictures: Any) -> None:
    for word in ("fer", "fer-int8", "fer-mirrored"):
        assert read(word, pictures[-3:]) == pytest.approx(read(word, pictures)[-3:], abs=1e-6)


def untrained() -> Any:
    """DeepFace's network, with random weights and biases."""
    network = deepface.build(import_tensorflow())
    rng = np.random.default_rng(7)
    network.set_weights([rng.normal(0, 0.06, weight.shape).astype(np.float32) for weight in network.get_weights()])
    return network


def write_as_keras_2(network: Any, path: Path, *, wrapped: bool = False) -> None:
    """The layout of `model.save_weights` in Keras 1 and 2, or of a whole model, where the weights lie a step deeper."""
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if wrapped else file
        layers = [(f"layer_{number}", layer) for number, layer in enumerate(network.layers)]
        root.attrs["layer_names"] = [name.encode() for name, _ in layers]
        for name, layer in layers:
            group = root.create_group(name)
            values = layer.get_weights()
            names = [f"{name}/{kind}:0" for kind in ("kernel", "bias")[: len(values)]]
            group.attrs["weight_names"] = [one.encode() for one in names]
            for one, value in zip(names, values, strict=True):
                group.create_dataset(one, data=value)


def test_deepface_has_the_parameters_that_it_has() -> None:
    network = untrained()
    assert network.count_params() == deepface.PARAMETERS
    assert network.output_shape == (None, 7)


@pytest.mark.parametrize("wrapped", [False, True])
def test_deepface_computes_what_its_file_of_weights_says(pictures: Any, tmp_path: Path, wrapped: bool) -> None:
    network = untrained()
    write_as_keras_2(network, tmp_path / deepface.WEIGHTS, wrapped=wrapped)
    expected = np.asarray(network((pictures / np.float32(255))[..., None], training=False))
    assert expected.std(axis=0).min() > 1e-3  # or any weights would do
    assert read("deepface", pictures, tmp_path) == pytest.approx(expected[:, deepface.ORDER], abs=1e-5)


def test_weights_of_another_network_make_deepface_unavailable(tmp_path: Path) -> None:
    tensorflow = import_tensorflow()
    other = tensorflow.keras.Sequential([tensorflow.keras.layers.Input((48, 48, 1)), tensorflow.keras.layers.Flatten()])
    write_as_keras_2(other, tmp_path / deepface.WEIGHTS)
    (found,) = open_models(["deepface"], tmp_path)
    assert found.status == "unavailable"
    assert "does not hold the 1,485,831 parameters" in str(found.reason)


def test_a_file_that_is_no_hdf5_makes_deepface_unavailable(tmp_path: Path) -> None:
    (tmp_path / deepface.WEIGHTS).write_text("<html>not found</html>")
    (found,) = open_models(["deepface"], tmp_path)
    assert found.status == "unavailable"


def test_a_model_folder_is_read_as_its_card_says(pictures: Any, tmp_path: Path) -> None:
    """Here fer's own weights, with their columns called otherwise."""
    from worker.pipeline import litert

    (tmp_path / "weights.tflite").write_bytes(litert.fer_weights().read_bytes())
    turned = [*EMOTIONS[1:], EMOTIONS[0]]
    card = {
        "name": "turned",
        "version": "1",
        "input": {"side_px": 64, "colour": "gray", "scale": 2 / 255, "offset": -1},
        "margin": 0.1,
        "labels": turned,
        "output": "probabilities",
        "views": ["plain", "mirrored"],
        "temperature": 1,
        "weights": {"litert": {"file": "weights.tflite", "sha256": litert.FER_SHA256}},
    }
    (tmp_path / "model.json").write_text(json.dumps(card))
    expected = read("fer-mirrored", pictures)[:, [turned.index(emotion) for emotion in EMOTIONS]]
    assert read(f"turned:{tmp_path}", pictures) == pytest.approx(expected, abs=1e-4)
    assert ready(f"turned:{tmp_path}").sha256 == litert.FER_SHA256
