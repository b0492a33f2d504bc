"""custom-cnn: three blocks of two convolutions each, as the prototype's authors and many tutorials train on FER2013.

Theirs was judged on augmented pictures; here only what is learnt from is augmented.
"""

from __future__ import annotations

from typing import Any

from lab.recipes.parts import GENTLE, adam
from lab.recipes.recipe import Recipe, Stage

SIDE_PX = 48
WIDTHS = (32, 64, 128)
DROPPED, DROPPED_LAST = 0.25, 0.5


def recipe() -> Recipe:
    return Recipe(
        name="custom-cnn",
        side_px=SIDE_PX,
        scale=1 / 255,
        offset=0,
        build=build,
        stages=(Stage(learning_rate=1e-3, warm_up_epochs=1, optimiser=adam),),
        epochs=40,
        batch=64,
        augmentation=GENTLE,
        patience=10,
    )


def build(classes: int) -> Any:
    """A network from (n, 48, 48, 1) to (n, classes) logits."""
    from keras import Input, Model, layers

    faces = Input((SIDE_PX, SIDE_PX, 1))
    flow = faces
    for width in WIDTHS:
        flow = _convolved(_convolved(flow, width), width)
        flow = layers.Dropout(DROPPED, seed=width)(layers.MaxPooling2D()(flow))
    features = _normalised(layers.Dense(256, use_bias=False, kernel_initializer="he_normal")(layers.Flatten()(flow)))
    features = layers.Dropout(DROPPED_LAST, seed=1)(features)
    return Model(faces, layers.Dense(classes, dtype="float32", name="logits")(features))


def _convolved(flow: Any, width: int) -> Any:
    from keras import layers

    return _normalised(layers.Conv2D(width, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(flow))


def _normalised(flow: Any) -> Any:
    from keras import layers

    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(flow))
