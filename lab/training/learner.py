"""A network that learns, and its twin that is judged: the same network with the running mean of its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.recipes.recipe import Recipe
from lab.training.average import Average
from lab.training.batches import Inputs, Targets
from lab.training.checkpoint import Array, State
from lab.training.precision import Precision, numbers
from lab.training.quicken import give_weights, quickened
from lab.training.schedule import Place
from shared.domain.emotions import EMOTIONS

JUDGED_AT_ONCE = 256


class Learner:
    """Both networks, the optimiser of the present stage, and their states."""

    def __init__(self, recipe: Recipe, precision: Precision, seed: int) -> None:
        from keras import utils

        utils.set_random_seed(seed)
        with numbers(precision):
            self.network = quickened(recipe.build(len(EMOTIONS)))
        self._recipe = recipe
        self._average = Average(self.network.get_weights(), recipe.averaged)
        self._optimiser: Any = None
        self._twin: Any = None

    @property
    def parameters(self) -> int:
        return int(self.network.count_params())

    def enter(self, place: Place) -> None:
        """Begin a stage: another optimiser, and perhaps other weights that are trainable."""
        from keras.losses import CategoricalCrossentropy

        place.stage.prepare(self.network)
        self._optimiser = place.stage.optimiser(self.network)
        self._optimiser.build(self.network.trainable_variables)
        self.network.compile(self._optimiser, CategoricalCrossentropy(from_logits=True), jit_compile=False)

    def learn(self, inputs: Inputs, targets: Targets, learning_rate: float) -> float:
        """One step; returns the batch's loss."""
        self._optimiser.learning_rate = learning_rate
        loss = self.network.train_on_batch(inputs, targets, return_dict=True)["loss"]
        self._average.follow(self.network.get_weights())
        return float(loss)

    def answers(self, inputs: Inputs) -> NDArray[np.float32]:
        """(n, classes) logits of the twin."""
        if self._twin is None:
            self._twin = self._make_twin()
        give_weights(self._twin, self._average.weights)
        parts = [inputs[at : at + JUDGED_AT_ONCE] for at in range(0, len(inputs), JUDGED_AT_ONCE)]
        return np.concatenate([np.asarray(self._twin.predict_on_batch(part), np.float32) for part in parts])

    def _make_twin(self) -> Any:
        with numbers("float32"):
            twin = quickened(self._recipe.build(len(EMOTIONS)))
        twin.compile(jit_compile=False)  # compiling for each size of batch takes longer than it saves
        return twin

    def save(self, path: Path) -> None:
        """Write the twin, as the recipe builds it, in float32 and in Keras' format."""
        with numbers("float32"):
            network = self._recipe.build(len(EMOTIONS))
        give_weights(network, self._average.weights)
        network.save(path)

    def state(self) -> State:
        return State(
            weights=_values(self.network.variables),
            mean=list(self._average.weights),
            memory=_values(self._optimiser.variables),
            facts={"steps": self._average.steps},
        )

    def restore(self, state: State, *, same_stage: bool = True) -> None:
        """Go back to a state; in another stage than its own the optimiser remembers nothing."""
        _assign(self.network.variables, state.weights)
        if same_stage:
            _assign(self._optimiser.variables, state.memory)
        self._average.weights = [np.array(one) for one in state.mean]
        self._average.steps = int(state.facts["steps"])


def _values(variables: Any) -> list[Array]:
    from keras import ops

    return [np.array(ops.convert_to_numpy(variable)) for variable in variables]


def _assign(variables: Any, values: Any) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
