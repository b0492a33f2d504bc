from __future__ import annotations

from typing import Any

import pytest

from shared.domain.emotions import EMOTIONS
from shared.domain.model_card import ModelCard

CARD: dict[str, Any] = {
    "name": "mien-net",
    "version": "1",
    "input": {"side_px": 48, "colour": "gray", "scale": 1 / 255, "offset": 0.0},
    "margin": 0.1,
    "labels": list(EMOTIONS),
    "output": "logits",
    "views": ["plain", "mirrored"],
    "temperature": 1.2,
    "factors": [1.0, 1.0, 1.2, 1.0, 1.0, 1.0, 1.0],
    "shifts": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.5],
    "weights": {"litert": {"file": "weights.tflite", "sha256": "ab"}},
    "made_by": {"recipe": "mien-net"},
    "figures": {"accuracy": 0.7},
}


def test_a_card_comes_back_as_it_went() -> None:
    assert ModelCard.of(CARD).to_dict() == CARD


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": "Mien Net"}, "the name 'Mien Net'"),
        ({"input": {**CARD["input"], "side_px": 4}}, "faces of 4 px"),
        ({"margin": -0.1}, "a margin of -0.1"),
        ({"labels": ["happy"]}, "labels must be"),
        ({"output": "scores"}, "output 'scores'"),
        ({"views": []}, "views must be"),
        ({"views": ["sideways"]}, "views must be"),
        ({"temperature": 0}, "a temperature of 0.0"),
        ({"weights": {}}, "there must be weights for litert"),
        ({"weights": {"litert": {"file": "../fer.tflite", "sha256": "ab"}}}, "must lie in the folder"),
        ({"weights": {"litert": {"file": "..", "sha256": "ab"}}}, "must lie in the folder"),
        ({"weights": {"litert": {"file": "fer.tflite"}}}, "lacks or misspells"),
        ({"weights": ["fer.tflite"]}, "lacks or misspells"),
        ({"temperature": float("inf")}, "a temperature of inf"),
        ({"factors": [1.0] * 6}, "7 factors above 0"),
        ({"shifts": [float("nan")] * 7}, "7 factors above 0 and 7 shifts"),
        ({"input": {**CARD["input"], "scale": float("nan")}}, "a scale of nan"),
        ({"input": {**CARD["input"], "colour": "rgb"}}, "faces are gray, not 'rgb'"),
        ({"made_by": "me"}, "made_by"),
    ],
)
def test_a_card_that_cannot_hold_says_why(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        ModelCard.of({**CARD, **change})


def test_a_card_that_lacks_something_names_it() -> None:
    with pytest.raises(ValueError, match="margin"):
        ModelCard.of({name: value for name, value in CARD.items() if name != "margin"})
