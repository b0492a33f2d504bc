"""What a model's card tells of the data that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.model_card import ModelCard


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    data: str | None
    """What the data folder's manifest called it."""
    arrays_sha256: str | None
    """Of the data folder's arrays, with all splits."""
    counts: Mapping[str, Any]
    """Pictures by split, and in it by emotion."""
    epochs: int | None
    """For how many it was trained."""
    calibrated_on: frozenset[str]
    """Hashes of pictures and labels that the temperature was fitted on."""

    @classmethod
    def of(cls, card: ModelCard) -> Origin:
        """What a card made elsewhere says in another shape counts as not said."""
        data = _mapping(card.made_by.get("data"))
        epochs = _mapping(card.made_by.get("trained")).get("epochs")
        figures = map(_mapping, card.figures.values())
        return cls(
            data=data.get("name"),
            arrays_sha256=data.get("sha256"),
            counts=_mapping(data.get("counts")),
            epochs=epochs if isinstance(epochs, int) else None,
            calibrated_on=frozenset(str(one.get("sha256")) for one in figures if one.get("temperature_fitted_here")),
        )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
