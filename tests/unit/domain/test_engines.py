"""Which engine a worker computes with."""

from __future__ import annotations

import pytest

from shared.domain.engines import Engine, EngineChoice, engine_for
from shared.domain.step import DeviceClass


@pytest.mark.parametrize(
    ("device", "choice", "engine"),
    [
        ("cpu", "auto", "litert"),
        ("cpu", "litert", "litert"),
        ("cpu", "tensorflow", "tensorflow"),
        ("gpu", "auto", "tensorflow-gpu"),
        ("gpu", "tensorflow", "tensorflow-gpu"),
    ],
)
def test_a_device_has_its_engine(device: DeviceClass, choice: EngineChoice, engine: Engine) -> None:
    assert engine_for(device, choice) == engine


def test_the_light_engine_is_refused_on_a_graphics_card() -> None:
    with pytest.raises(ValueError, match="processors only"):
        engine_for("gpu", "litert")
