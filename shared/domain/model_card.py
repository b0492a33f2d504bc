"""What a model folder says of itself: `model.json` as values, checked on the way in.

The lab writes it, the worker computes by it, and the API knows the models by their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from pathlib import PurePath
from typing import Any, Literal, get_args

from shared.domain.emotions import EMOTIONS
from shared.domain.options import MODEL_NAME

CARD_FILE = "model.json"
NO_FACTORS, NO_SHIFTS = (1.0,) * len(EMOTIONS), (0.0,) * len(EMOTIONS)

Output = Literal["probabilities", "logits"]
View = Literal["plain", "mirrored"]


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightsFile:
    file: str
    """A name inside the folder."""
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCard:
    """How faces go into a network and what comes out."""

    name: str
    version: str
    side_px: int
    """Faces are squares of so many pixels, gray."""
    margin: float
    """Added to a face's box on each side, as a fraction of its width and height."""
    scale: float
    offset: float
    """A pixel p of 0 to 255 goes in as p * scale + offset."""
    labels: tuple[str, ...]
    """Of the output's columns: those of EMOTIONS, in any order."""
    output: Output
    views: tuple[View, ...]
    """What the network looks at; their probabilities are averaged."""
    temperature: float
    """Logits are divided by it before they become probabilities; 1 leaves them."""
    factors: tuple[float, ...] = NO_FACTORS
    shifts: tuple[float, ...] = NO_SHIFTS
    """By label: what the logits are then multiplied by, and what is added to them."""
    weights: Mapping[str, WeightsFile]
    """By engine: `litert` always, `tensorflow` where there is a Keras file too."""
    made_by: Mapping[str, Any] = field(default_factory=dict)
    """Recipe, data with its hash, and the command that makes it again."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """Measured, with the split that each was measured on."""

    @classmethod
    def of(cls, text: Mapping[str, Any]) -> ModelCard:
        """Raises ValueError, naming what is wrong."""
        try:
            return _checked(cls(**_fields(text)))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{CARD_FILE} lacks or misspells {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """The shape of `model.json`."""
        return {
            "name": self.name,
            "version": self.version,
            "input": {"side_px": self.side_px, "colour": "gray", "scale": self.scale, "offset": self.offset},
            "margin": self.margin,
            "labels": list(self.labels),
            "output": self.output,
            "views": list(self.views),
            "temperature": self.temperature,
            "factors": list(self.factors),
            "shifts": list(self.shifts),
            "weights": {engine: {"file": one.file, "sha256": one.sha256} for engine, one in self.weights.items()},
            "made_by": dict(self.made_by),
            "figures": dict(self.figures),
        }


def _fields(text: Mapping[str, Any]) -> dict[str, Any]:
    into = text["input"]
    if into.get("colour", "gray") != "gray":
        raise ValueError(f"{CARD_FILE}: faces are gray, not {into['colour']!r}")
    return {
        "name": str(text["name"]),
        "version": str(text["version"]),
        "side_px": int(into["side_px"]),
        "scale": float(into["scale"]),
        "offset": float(into["offset"]),
        "margin": float(text["margin"]),
        "labels": tuple(text["labels"]),
        "output": text["output"],
        "views": tuple(text["views"]),
        "temperature": float(text["temperature"]),
        "factors": tuple(map(float, text.get("factors", NO_FACTORS))),
        "shifts": tuple(map(float, text.get("shifts", NO_SHIFTS))),
        "weights": {engine: WeightsFile(**one) for engine, one in text["weights"].items()},
        "made_by": text.get("made_by", {}),
        "figures": text.get("figures", {}),
    }


def _fit_labels(card: ModelCard) -> bool:
    numbers = (*card.factors, *card.shifts)
    return (
        len(card.factors) == len(card.shifts) == len(EMOTIONS) and all(map(isfinite, numbers)) and min(card.factors) > 0
    )


def _is_name(weights: WeightsFile) -> bool:
    return weights.file not in ("", "..") and PurePath(weights.file).name == weights.file


def _checked(card: ModelCard) -> ModelCard:
    faults = {
        f"the name {card.name!r} must be lower case letters, digits, dots and dashes": not MODEL_NAME.fullmatch(
            card.name
        ),
        f"faces of {card.side_px} px must have 16 to 256": not 16 <= card.side_px <= 256,
        f"a margin of {card.margin} must lie between 0 and 1": not 0 <= card.margin <= 1,
        f"labels must be {', '.join(EMOTIONS)} in some order": sorted(card.labels) != sorted(EMOTIONS),
        f"output {card.output!r} must be one of {get_args(Output)}": card.output not in get_args(Output),
        f"views must be some of {get_args(View)}": not card.views or not set(card.views) <= set(get_args(View)),
        f"a temperature of {card.temperature} must be a number above 0": not 0 < card.temperature < inf,
        f"there must be {len(EMOTIONS)} factors above 0 and {len(EMOTIONS)} shifts": not _fit_labels(card),
        f"a scale of {card.scale} and an offset of {card.offset} must be numbers": not isfinite(
            card.scale + card.offset
        ),
        "made_by and figures must be objects": not all(
            isinstance(one, Mapping) for one in (card.made_by, card.figures)
        ),
        "there must be weights for litert": "litert" not in card.weights,
        "files of weights must lie in the folder itself": not all(map(_is_name, card.weights.values())),
    }
    wrong = [fault for fault, holds in faults.items() if holds]
    if wrong:
        raise ValueError(f"{CARD_FILE}: " + "; ".join(wrong))
    return card
