"""What computes the model. A job keeps the engine of its first segment, because engines differ in the last digits."""

from __future__ import annotations

from typing import Literal, get_args

from shared.domain.step import DeviceClass

Engine = Literal["litert", "tensorflow", "tensorflow-gpu"]
ENGINES: tuple[Engine, ...] = get_args(Engine)

EngineChoice = Literal["auto", "litert", "tensorflow"]


def engine_for(device: DeviceClass, choice: EngineChoice = "auto") -> Engine:
    """The light engine on processors unless TensorFlow is asked for; on graphics cards always TensorFlow.

    Raises:
        ValueError: The light engine was asked for on a graphics card.
    """
    if device == "gpu":
        if choice == "litert":
            raise ValueError("the engine litert runs on processors only; leave the engine at auto for a GPU")
        return "tensorflow-gpu"
    return "litert" if choice == "auto" else choice
