"""mien-net: a small residual network with squeeze and excitation for faces of 48 px.

A stem of one convolution at full size is pooled at once, so that all residual blocks work at 24 px and below: a pass
takes 77 million multiplications. The blocks are those of He et al. (arXiv 1512.03385), each scaled by squeeze and
excitation (arXiv 1709.01507) and starting as the identity (arXiv 1706.02677); a shortcut that halves the picture
averages it first (arXiv 1812.01187). FER2013's labels are noisy, hence smoothing, mixup and a running mean of the
weights.
"""

from __future__ import annotations

from typing import Any

from lab.recipes.recipe import Augmentation, Recipe, Stage

SIDE_PX = 48
WIDTHS = (32, 64, 128, 224)
BLOCKS = (2, 2, 2, 2)
SQUEEZED = 8
DROPPED = 0.3
DECAY = 5e-3  # decoupled from the gradient, so ten times the 5e-4 that a momentum of 0.9 would multiply by ten
SCALE, OFFSET = 1 / 64, -2.0  # FER2013's gray levels: mean 130, standard deviation 65


def recipe() -> Recipe:
    return Recipe(
        name="mien-net",
        side_px=SIDE_PX,
        scale=SCALE,
        offset=OFFSET,
        build=build,
        stages=(Stage(learning_rate=0.1, warm_up_epochs=3, optimiser=nesterov),),
        epochs=100,
        batch=128,
        augmentation=Augmentation(
            flipped=0.5,
            turned_degrees=15,
            zoomed=0.15,
            shifted=0.1,
            contrast=0.3,
            brightness=0.1,
            erased=0.5,
            mixed=0.5,
            mixing_alpha=0.3,
            mixed_until=0.9,
        ),
        smoothing=0.1,
        averaged=0.999,
        repeats={"disgust": 2},
        onednn=True,
    )


def build(classes: int) -> Any:
    """A network from (n, 48, 48, 1) to (n, classes) logits."""
    from keras import Input, Model, layers

    faces = Input((SIDE_PX, SIDE_PX, 1))
    flow = layers.MaxPooling2D(3, 2, "same")(_convolved(faces, WIDTHS[0], 3))
    for stage, (width, blocks) in enumerate(zip(WIDTHS, BLOCKS, strict=True)):
        for block in range(blocks):
            flow = _residual(flow, width, halved=stage > 0 and block == 0)
    features = layers.Dropout(DROPPED, seed=1)(layers.GlobalAveragePooling2D()(flow))
    return Model(faces, layers.Dense(classes, dtype="float32", name="logits")(features))


def nesterov(network: Any) -> Any:
    """SGD with Nesterov's momentum; only kernels decay."""
    from keras.optimizers import SGD

    optimiser = SGD(momentum=0.9, nesterov=True, weight_decay=DECAY)
    optimiser.exclude_from_weight_decay([weight for weight in network.trainable_variables if weight.ndim < 2])
    return optimiser


def _residual(flow: Any, width: int, *, halved: bool) -> Any:
    from keras import layers

    inner = _convolved(flow, width, 3, stride=2 if halved else 1)
    inner = _excited(_normalised(_plain(inner, width, 3), first="zeros"))
    if halved:
        flow = layers.AveragePooling2D(2)(flow)
    if flow.shape[-1] != width:
        flow = _normalised(_plain(flow, width, 1))
    return layers.ReLU()(layers.Add()([flow, inner]))


def _excited(flow: Any) -> Any:
    """Each channel scaled by what the whole picture says of it."""
    from keras import layers

    width = flow.shape[-1]
    said = layers.GlobalAveragePooling2D(keepdims=True)(flow)
    said = layers.Conv2D(width // SQUEEZED, 1, activation="relu")(said)
    said = layers.Conv2D(width, 1, activation="sigmoid")(said)
    return layers.Multiply()([flow, said])


def _convolved(flow: Any, width: int, size: int, stride: int = 1) -> Any:
    from keras import layers

    return layers.ReLU()(_normalised(_plain(flow, width, size, stride)))


def _plain(flow: Any, width: int, size: int, stride: int = 1) -> Any:
    from keras import layers

    return layers.Conv2D(width, size, stride, "same", use_bias=False, kernel_initializer="he_normal")(flow)


def _normalised(flow: Any, first: str = "ones") -> Any:
    from keras import layers

    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=first)(flow)
