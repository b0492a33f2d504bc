"""The same network, with batch normalisation computed by TensorFlow's one operation instead of by ten.

That operation is what oneDNN and cuDNN are fast at: a step of mien-net takes a third less time. Names and order of
layers and weights stay; what is saved is always the network as its recipe builds it.
"""

from __future__ import annotations

from typing import Any

BLOCK = 16  # channels that oneDNN computes at a time; with fewer there is little to gain


def quickened(network: Any) -> Any:
    """A copy of a network that computes the same in less time; the network itself on a backend that has no such way."""
    from keras import backend, models

    if backend.backend() != "tensorflow":
        return network
    fused = _fused_layer()
    copy = models.clone_model(network, clone_function=lambda layer: _copied(layer, fused))
    give_weights(copy, network.get_weights())
    return copy


def give_weights(network: Any, weights: Any) -> None:
    """Set all weights, also those of which Keras' Normalization keeps a copy to compute with."""
    from keras.layers import Normalization

    network.set_weights(weights)
    for layer in network.layers:
        if isinstance(layer, Normalization):
            layer.finalize_state()


def _copied(layer: Any, fused: type[Any]) -> Any:
    from keras import layers

    kind = fused if type(layer) is layers.BatchNormalization else type(layer)
    copy = kind.from_config(layer.get_config())
    copy.trainable = layer.trainable
    return copy


def _fused_layer() -> type[Any]:
    import tensorflow
    from keras import layers

    compute = tensorflow.compat.v1.nn.fused_batch_norm

    class Fused(layers.BatchNormalization):  # type: ignore[misc]  # Keras publishes no types
        """For (n, height, width, channels) with scale and centre, without masks; anything else as Keras does it."""

        def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:  # noqa: FBT001, ARG002  Keras calls it so
            fitting = len(inputs.shape) == 4 and inputs.shape[-1] % BLOCK == 0
            if not (fitting and self.scale and self.center):
                return super().call(inputs, training=training)
            scale, offset = self.gamma.value, self.beta.value
            mean, variance = self.moving_mean, self.moving_variance
            if not training or not self.trainable:
                return compute(inputs, scale, offset, mean.value, variance.value, self.epsilon, is_training=False)[0]
            output, of_batch, spread = compute(inputs, scale, offset, epsilon=self.epsilon, is_training=True)
            mean.assign(mean * self.momentum + of_batch * (1 - self.momentum))
            variance.assign(variance * self.momentum + spread * (1 - self.momentum))
            return output

    return Fused
