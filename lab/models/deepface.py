"""DeepFace's emotion network, built anew; its weights are not part of Mien and come from a folder that is named.

Sources: deepface/models/demography/Emotion.py of github.com/serengil/deepface, and its author's account of the
training at sefiks.com/2018/01/01/facial-expression-recognition-with-keras.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from lab.models.origin import Origin
from lab.models.quiet import import_tensorflow
from lab.models.reading import Pictures, Probabilities, Status, fit, in_batches
from shared.domain.emotions import EMOTIONS
from shared.domain.errors import Unavailable

WEIGHTS = "facial_expression_model_weights.h5"
LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")  # of its output's columns
SIDE_PX = 48
PARAMETERS = 1_485_831
BATCH = 64
ORDER = [LABELS.index(emotion) for emotion in EMOTIONS]


class DeepFace:
    """Raises Unavailable where the weights or TensorFlow are missing, or the weights are of another network."""

    status: Status = "ready"
    reason: str | None = None
    origin: Origin | None = None
    engine: str | None = "tensorflow"
    batch = BATCH
    side_px = SIDE_PX
    margin = 0.0  # DeepFace's own default, `expand_percentage=0`

    def __init__(self, name: str, folder: Path | None) -> None:
        path = find_weights(folder)
        self.name = name
        self.sha256: str | None = hashlib.sha256(path.read_bytes()).hexdigest()
        tensorflow = import_tensorflow()
        network = build(tensorflow)
        fill(network, path)
        self._infer = tensorflow.function(lambda faces: network(faces, training=False))

    def probabilities(self, pictures: Pictures) -> Probabilities:
        return in_batches(self._read, pictures, BATCH)

    def _read(self, pictures: Pictures) -> Probabilities:
        """Up to BATCH pictures; the last batch is filled up, because each new shape would be traced anew."""
        faces = np.zeros((BATCH, SIDE_PX, SIDE_PX, 1), dtype=np.float32)
        faces[: len(pictures), ..., 0] = fit(pictures, SIDE_PX) / np.float32(255)
        return np.asarray(self._infer(faces), dtype=np.float32)[: len(pictures), ORDER]


def find_weights(folder: Path | None) -> Path:
    """Raises Unavailable, saying what is expected where."""
    expected = f"{WEIGHTS} (HDF5 of Keras, {PARAMETERS:,} parameters for faces of {SIDE_PX} x {SIDE_PX} px)"
    if folder is None:
        raise Unavailable(f"no weights: --deepface-weights must name the folder that holds {expected}")
    path = folder / WEIGHTS
    if not path.is_file():
        raise Unavailable(f"no weights: {path} does not exist; expected is {expected}")
    return path


def build(tensorflow: Any) -> Any:
    """An untrained network of PARAMETERS parameters: (n, 48, 48, 1) float32 in [0, 1] to (n, 7) probabilities."""
    layers = tensorflow.keras.layers
    return tensorflow.keras.Sequential(
        [
            layers.Input((SIDE_PX, SIDE_PX, 1)),
            layers.Conv2D(64, 5, activation="relu"),
            layers.MaxPooling2D(5, strides=2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.AveragePooling2D(3, strides=2),
            layers.Conv2D(128, 3, activation="relu"),
            layers.Conv2D(128, 3, activation="relu"),
            layers.AveragePooling2D(3, strides=2),
            layers.Flatten(),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(len(LABELS), activation="softmax"),
        ]
    )


def fill(network: Any, path: Path) -> None:
    """Load a file of weights as Keras 1 and 2 wrote them. Raises Unavailable when it does not fit the network."""
    try:
        network.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise Unavailable(f"{path} does not hold the {PARAMETERS:,} parameters of this network: {error}") from error
