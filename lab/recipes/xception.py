"""xception: Chollet's network (arXiv 1610.02357) from random weights, on the smallest faces that it takes.

It was made for pictures of 299 px; FER2013's have 48 and are enlarged to 72. On two processor cores an epoch takes
the better part of an hour: a few epochs show that it learns, not how well it could.
"""

from __future__ import annotations

from typing import Any

from lab.recipes.parts import GENTLE, adam, in_three_colours, with_head
from lab.recipes.recipe import Recipe, Stage

SIDE_PX = 72  # at least 71


def recipe() -> Recipe:
    return Recipe(
        name="xception",
        side_px=SIDE_PX,
        scale=1 / 127.5,
        offset=-1,
        build=build,
        stages=(Stage(learning_rate=1e-3, warm_up_epochs=1, optimiser=adam),),
        epochs=8,
        batch=64,
        augmentation=GENTLE,
        patience=5,
    )


def build(classes: int) -> Any:
    """A network from (n, 72, 72, 1) to (n, classes) logits."""
    from keras import Input, applications

    gray = Input((SIDE_PX, SIDE_PX, 1))
    network = applications.Xception(include_top=False, weights=None, input_tensor=in_three_colours(gray))
    return with_head(network, gray, classes, dropped=0.5)
