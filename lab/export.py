"""Turns a trained network into the file that a worker's light engine loads."""

from __future__ import annotations

import os
from pathlib import Path


def convert_keras(weights: Path) -> bytes:
    """A Keras file as a LiteRT one in float32, with nothing rounded; the same bytes every time."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow

    network = tensorflow.keras.models.load_model(weights, compile=False)
    return bytes(tensorflow.lite.TFLiteConverter.from_keras_model(network).convert())
