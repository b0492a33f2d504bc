"""Sets temperature, factors and shifts of a model folder, and notes in its card what it measures then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.export import write_card
from lab.judge import calibration
from lab.judge.entry import answers_of
from lab.judge.metrics import confusion_of, scores_of
from lab.judge.pictures import Split
from lab.models.reading import Probabilities, WorkerReader, fit, in_batches
from shared.domain.emotions import EMOTIONS
from shared.domain.errors import InvalidRequest
from shared.domain.model_card import ModelCard, View
from worker.pipeline import litert
from worker.pipeline.folder import FolderModel


def calibrate(folder: Path, split: Split) -> ModelCard:
    """Fit temperature, factors and shifts with all of the model's views, and write them and the figures into the card.

    Args:
        folder: A model folder that a worker can load.
        split: Pictures that the model was not trained on, and that nothing is measured by afterwards: the figures
            of the card are of this split alone, which has also chosen them.

    Raises:
        InvalidRequest: No temperature within the range makes the model as sure as it is right; the card is left as it is.
    """
    card = FolderModel(folder).card
    views = [logits_of_view(folder, card, view, split) for view in card.views]
    temperature = _temperature(views, split)
    factors, shifts = calibration.fit_classes([logits / temperature for logits in views], split.labels)
    card = replace(
        card,
        temperature=temperature,
        factors=_in_order_of(card, factors),
        shifts=_in_order_of(card, shifts),
        figures={},
    )
    write_card(folder, card)
    probabilities = WorkerReader(card.name, FolderModel(folder)).probabilities(split.pictures)
    card = replace(card, figures={split.name: _figures(probabilities, split)})
    write_card(folder, card)
    return card


def logits_of_view(folder: Path, card: ModelCard, view: View, split: Split) -> calibration.Rows:
    """(n, 7) logits of one view, in the order of EMOTIONS; of a network that gives probabilities, their logarithms."""
    infer = litert.load(folder / card.weights["litert"].file)
    order = [card.labels.index(emotion) for emotion in EMOTIONS]

    def look(pictures: Any) -> Any:
        faces = fit(pictures, card.side_px)[:, :, :: -1 if view == "mirrored" else 1]
        return infer((faces.astype(np.float32) * np.float32(card.scale) + np.float32(card.offset))[..., None])

    outputs = in_batches(look, split.pictures, litert.BATCH)[:, order]
    return calibration.logits_of(outputs) if card.output == "probabilities" else outputs


def _temperature(views: Sequence[calibration.Rows], split: Split) -> float:
    found = calibration.fit_temperature(views, split.labels)
    if found is None:
        raise InvalidRequest(
            f"no temperature between {calibration.COLDEST:g} and {calibration.HOTTEST:g} fits {split.data} {split.name}: "
            "the model is right about all of these pictures, or knows nothing of them"
        )
    return round(found, 4)


def _in_order_of(card: ModelCard, values: NDArray[np.float64]) -> tuple[float, ...]:
    """(7,) in the order of EMOTIONS to that of the card's labels."""
    return tuple(round(float(values[EMOTIONS.index(label)]), 4) for label in card.labels)


def _figures(probabilities: Probabilities, split: Split) -> dict[str, Any]:
    scores = scores_of(confusion_of(split.labels, answers_of(probabilities)))
    return {
        "data": split.data,
        "pictures": len(split.labels),
        "sha256": split.sha256,
        **{name: round(value, 4) for name, value in asdict(scores).items()},
        "ece": round(calibration.ece(calibration.reliability(probabilities, split.labels)), 4),
        "nll": round(calibration.nll(probabilities, split.labels), 4),
        "temperature_fitted_here": True,
    }
