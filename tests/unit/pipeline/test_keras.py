"""Where TensorFlow computes; the devices are faked, because a machine with a graphics card is rarely at hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from worker.pipeline.keras import GpuMissing, place


class FakeTensorFlow:
    """The part of TensorFlow's interface that has to do with devices."""

    def __init__(self, gpus: int) -> None:
        self.visible: list[str] | None = None
        self.growing: list[str] = []
        self.config = SimpleNamespace(
            list_physical_devices=lambda kind: [f"{kind}:{number}" for number in range(gpus)],
            set_visible_devices=self.show,
            experimental=SimpleNamespace(set_memory_growth=self.grow),
        )

    def show(self, devices: list[str], kind: str) -> None:
        assert kind == "GPU"
        self.visible = devices

    def grow(self, device: str, wanted: bool) -> None:
        assert wanted
        self.growing.append(device)


def placed(gpus: int, gpu: int | None) -> FakeTensorFlow:
    fake: Any = FakeTensorFlow(gpus)
    place(fake, gpu)
    return fake


@pytest.mark.parametrize("gpus", [0, 2])
def test_a_cpu_worker_leaves_graphics_cards_alone(gpus: int) -> None:
    fake = placed(gpus, None)
    assert fake.visible == []
    assert fake.growing == []


@pytest.mark.parametrize(("number", "expected"), [(0, "GPU:0"), (1, "GPU:1"), (2, "GPU:0"), (5, "GPU:1")])
def test_analysers_share_the_cards_in_turn(number: int, expected: str) -> None:
    assert placed(2, number).visible == [expected]


def test_a_card_s_memory_is_taken_as_it_is_needed() -> None:
    assert placed(1, 3).growing == ["GPU:0"]


def test_a_card_that_is_not_there_is_an_error() -> None:
    with pytest.raises(GpuMissing, match="CPU"):
        placed(0, 0)
