"""efficientnetb0: Tan and Le's network (arXiv 1905.11946), fine-tuned in two stages as Keras' own guide does.

With weights from a file, the new head learns alone at first, and then the upper blocks with it, at a rate that does
not undo them; batch normalisation stays as it was learnt. Without, everything learns from the start. Keras' network
scales pixels itself, so it is given them as they are: fed x/255, as the prototype fed it, it sees nearly black.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from lab.recipes.parts import GENTLE, adam, in_three_colours, with_head
from lab.recipes.recipe import Recipe, Stage

SIDE_PX = 64
DEVIATIONS = (0.229, 0.224, 0.225)  # of ImageNet's red, green and blue
HEAD = frozenset({"logits"})
UPPER = ("block4", "block5", "block6", "block7", "top_")  # of the layers' names


def recipe(weights: Path | None = None) -> Recipe:
    """Args: weights: Keras' `efficientnetb0_notop.h5`, or random ones if None."""
    return Recipe(
        name="efficientnetb0",
        side_px=SIDE_PX,
        scale=1,
        offset=0,
        build=partial(build, weights=weights),
        stages=_from_random() if weights is None else _fine_tuned(),
        epochs=12,
        batch=64,
        augmentation=GENTLE,
        smoothing=0.1,
        patience=5,
    )


def build(classes: int, weights: Path | None = None) -> Any:
    """A network from (n, 64, 64, 1) of 0 to 255 to (n, classes) logits."""
    from keras import Input, applications

    gray = Input((SIDE_PX, SIDE_PX, 1))
    network = applications.EfficientNetB0(
        include_top=False, weights=None if weights is None else str(weights), input_tensor=in_three_colours(gray)
    )
    if weights is not None:
        scale_as_for_imagenet(network)
    return with_head(network, gray, classes, dropped=0.2)


def scale_as_for_imagenet(network: Any) -> None:
    """Divide pixels once more by the root of ImageNet's deviations, which the published weights were learnt with.

    Keras adds that for `weights="imagenet"`, and not for the same weights out of a file
    (https://github.com/tensorflow/tensorflow/issues/49930).
    """
    scaling = scaling_of(network)
    mean, variance, count = scaling.get_weights()
    scaling.set_weights([mean, variance * DEVIATIONS, count])
    scaling.finalize_state()


def scaling_of(network: Any) -> Any:
    from keras.layers import Normalization

    return next(layer for layer in network.layers if isinstance(layer, Normalization))


def head_only(network: Any) -> None:
    for layer in network.layers:
        layer.trainable = layer.name in HEAD


def head_and_upper_blocks(network: Any) -> None:
    from keras.layers import BatchNormalization

    for layer in network.layers:
        upper = layer.name.startswith(UPPER) and not isinstance(layer, BatchNormalization)
        layer.trainable = upper or layer.name in HEAD


def _from_random() -> tuple[Stage, ...]:
    return (Stage(learning_rate=2e-3, warm_up_epochs=1, optimiser=adam),)


def _fine_tuned() -> tuple[Stage, ...]:
    return (
        Stage(share=1, learning_rate=1e-2, optimiser=adam, prepare=head_only),
        Stage(share=2, learning_rate=1e-4, warm_up_epochs=0.5, optimiser=adam, prepare=head_and_upper_blocks),
    )
