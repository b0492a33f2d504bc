"""What the pictures of a report did for a model before it was judged by them.

`mien lab train` learns from the training split, and takes the epoch that is best on the validation split.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from lab.data.dataset import TRAINING, VALIDATION
from lab.judge.pictures import Split
from lab.models.origin import Origin

Use = Literal["training", "best epoch", "temperature"]

OF_SPLITS: Mapping[str, Use] = {TRAINING: "training", VALIDATION: "best epoch"}


def uses_of(origin: Origin | None, split: Split) -> list[Use] | None:
    """None where the model has no card.

    The whole split counts, of whatever part of it was drawn.
    Pictures that came to the model by another data folder with another name or other counts, such as a mix, are missed.
    """
    if origin is None:
        return None
    whole = split.whole or split
    found: list[Use] = []
    if split.kind in OF_SPLITS and _is_made_of(origin, whole):
        found.append(OF_SPLITS[split.kind])
    if origin.calibrated_on and whole.sha256 in origin.calibrated_on:
        found.append("temperature")
    return found


def training_of(origin: Origin | None) -> dict[str, Any] | None:
    """For how long a model was trained, and on how much of what; None where its card does not say."""
    if origin is None or origin.epochs is None:
        return None
    counts = origin.counts.get(TRAINING)
    pictures = sum(counts.values()) if isinstance(counts, Mapping) else None
    return {"epochs": origin.epochs, "pictures": pictures, "data": origin.data}


def told(model: Mapping[str, Any]) -> str | None:
    """What a report says of it behind the model's name; None where there is nothing to say, as in older reports."""
    uses = model.get("used_for") or []
    chosen = [use for use in uses if use != "training"]
    clauses = [*_length(model.get("trained")), *(["it was trained on these pictures"] if "training" in uses else [])]
    if chosen:
        clauses.append(
            f"its {' and its '.join(chosen)} {'were' if len(chosen) > 1 else 'was'} chosen on these pictures"
        )
    return ", and ".join(clauses) + "." if clauses else None


def _length(trained: Mapping[str, Any] | None) -> list[str]:
    if not trained:
        return []
    length = f"{trained['epochs']} epoch{'s' if trained['epochs'] != 1 else ''}"
    pictures = "pictures" if trained["pictures"] is None else f"{trained['pictures']:,} pictures"
    return [f"it was trained for {length} on {pictures} of {trained['data'] or 'unnamed data'}"]


def _is_made_of(origin: Origin, whole: Split) -> bool:
    """By the hash of the arrays; in a folder with other splits beside, by the name and the counts of this one."""
    if origin.arrays_sha256 == whole.arrays_sha256:
        return True
    return origin.data == whole.data and origin.counts.get(whole.kind) == whole.counts
