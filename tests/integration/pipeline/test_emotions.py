"""The model gives what the fer package's own weights give, quietly, and whatever batch a face is in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.domain.emotions import EMOTIONS
from worker.pipeline.emotions import BATCH, SIDE_PX, fer_weights
from worker.pipeline.run import FerModel, GpuMissing

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def crops() -> Any:
    return np.random.default_rng(0).integers(0, 256, (BATCH, SIDE_PX, SIDE_PX), dtype=np.uint8)


def test_probabilities_are_those_of_the_keras_weights(model: FerModel, crops: Any) -> None:
    found = model.probabilities(crops)
    import tensorflow

    keras = tensorflow.keras.models.load_model(fer_weights(), compile=False)
    expected = keras.predict((crops[..., None] / np.float32(255) - 0.5) * 2, verbose=0)
    assert found.dtype == np.float32
    assert found.shape == (BATCH, len(EMOTIONS))
    assert found == pytest.approx(expected, abs=1e-5)
    assert found.sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_part_of_a_batch_gives_the_same_bytes_as_the_whole(model: FerModel, crops: Any) -> None:
    assert model.probabilities(crops[:3]).tobytes() == model.probabilities(crops)[:3].tobytes()


def test_the_model_names_itself_for_the_provenance(model: FerModel) -> None:
    assert (model.name, model.engine, len(model.sha256)) == ("fer", "tensorflow", 64)


def in_a_child(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)


def test_loading_is_silent_and_leaves_the_fer_package_alone() -> None:
    program = """
import logging, sys
from worker.pipeline.run import FerModel
FerModel().wait()
assert "fer" not in sys.modules and "fer.fer" not in sys.modules
assert not logging.getLogger().handlers
"""
    child = in_a_child(program)
    assert (child.returncode, child.stdout, child.stderr) == (0, "", "")


def test_a_gpu_that_is_not_there_is_named_as_the_reason() -> None:
    with pytest.raises(GpuMissing, match="TensorFlow sees none"):
        FerModel("gpu").wait()


def test_a_process_may_end_while_the_model_is_still_loading() -> None:
    child = in_a_child("from worker.pipeline.run import FerModel; FerModel()")
    assert (child.returncode, child.stderr) == (0, "")


def test_importing_the_pipeline_loads_no_tensorflow() -> None:
    assert in_a_child("import sys, worker.pipeline.run; sys.exit('tensorflow' in sys.modules)").returncode == 0
