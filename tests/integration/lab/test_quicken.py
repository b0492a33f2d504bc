from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from lab.training.quicken import quickened


@pytest.fixture(autouse=True, scope="module")
def quiet() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


def network() -> Any:
    """Two normalisations, one of a picture and one that the fused operation does not compute."""
    from keras import Input, Model, layers, utils

    utils.set_random_seed(0)  # from some weights a difference in the last digit is learnt into a large one
    given = Input((12, 12, 1))
    flow = layers.BatchNormalization(momentum=0.5)(layers.Conv2D(16, 3, use_bias=False)(given))
    flow = layers.GlobalAveragePooling2D()(layers.ReLU()(flow))
    return Model(given, layers.Dense(7)(layers.BatchNormalization()(flow)))


def test_a_quickened_network_learns_and_answers_the_same() -> None:
    from keras import losses, optimizers

    rng = np.random.default_rng(0)
    faces, said = rng.random((32, 12, 12, 1)).astype(np.float32), np.eye(7, dtype=np.float32)[rng.integers(0, 7, 32)]
    plain = network()
    quick = quickened(plain)
    for one in (plain, quick):
        one.compile(optimizers.SGD(0.1), losses.CategoricalCrossentropy(from_logits=True), jit_compile=False)
        for _ in range(3):
            one.train_on_batch(faces, said)
    # the fused operation follows the unbiased variance of a batch: of 32 x 10 x 10 values, 1/3200 more
    assert all(
        np.allclose(*pair, rtol=2e-3, atol=1e-4) for pair in zip(plain.get_weights(), quick.get_weights(), strict=True)
    )
    assert np.allclose(plain.predict_on_batch(faces), quick.predict_on_batch(faces), atol=5e-3)


def test_a_quickened_network_scales_its_pictures_the_same() -> None:
    from keras import Input, Model, layers

    given = Input((12, 12, 1))
    scaling = layers.Normalization()
    plain = Model(given, layers.Dense(7)(layers.Flatten()(scaling(given))))
    scaling.set_weights([np.array([3.0]), np.array([4.0]), np.zeros(())])
    scaling.finalize_state()
    faces = np.random.default_rng(0).random((4, 12, 12, 1)).astype(np.float32)
    assert np.allclose(plain(faces), quickened(plain)(faces), atol=1e-6)
    assert np.allclose(scaling(np.full((1, 12, 12, 1), 5.0)), 1)
