"""Pieces that several recipes share."""

from __future__ import annotations

from typing import Any

from lab.recipes.recipe import Augmentation

GENTLE = Augmentation(flipped=0.5, turned_degrees=10, zoomed=0.1, shifted=0.1)
"""Mini-Xception's authors' (github.com/oarriaga/face_classification, train_emotion_classifier.py)."""


def adam(_network: Any) -> Any:
    from keras.optimizers import Adam

    return Adam()


def in_three_colours(gray: Any) -> Any:
    """(n, height, width, 1) to (n, height, width, 3), for networks that were made for colour."""
    from keras import layers

    return layers.Concatenate(name="gray_as_colour")([gray, gray, gray])


def with_head(network: Any, gray: Any, classes: int, dropped: float) -> Any:
    """A network's last pictures averaged, and judged by one layer, `logits`."""
    from keras import Model, layers

    features = layers.GlobalAveragePooling2D(name="features")(network.output)
    features = layers.Dropout(dropped, seed=1, name="dropped")(features)
    return Model(gray, layers.Dense(classes, dtype="float32", name="logits")(features))
