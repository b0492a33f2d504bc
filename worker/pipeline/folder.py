"""A model from a folder that the lab made: computed as its card says, and only if its weights are those it names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.domain.emotions import EMOTIONS
from shared.domain.engines import Engine
from shared.domain.errors import Unavailable
from shared.domain.model_card import CARD_FILE, NO_FACTORS, NO_SHIFTS, ModelCard
from worker.pipeline import litert
from worker.pipeline.emotions import Crops, Probabilities
from worker.pipeline.sealed import Weights

Outputs = NDArray[np.float32]
SUM_TOLERANCE = 1e-3


class FolderModel:
    """On the light engine, whatever else the worker computes with.

    Raises:
        Unavailable: There is no card in the folder that holds, or the weights are missing or altered.
    """

    engine: Engine = "litert"

    def __init__(self, folder: Path) -> None:
        card = read_card(folder)
        weights = card.weights[self.engine]
        self.card = card
        self.name = card.name
        self.sha256 = weights.sha256
        self.side_px = card.side_px
        self.margin = card.margin
        self._order = [card.labels.index(emotion) for emotion in EMOTIONS]
        path = Weights(path=lambda: folder / weights.file, sha256=weights.sha256).verified()
        try:
            self._infer = litert.load(path)
            self._try()
        except (ValueError, RuntimeError) as error:
            raise Unavailable(f"The weights in {folder.name} do not fit their card: {error}") from error

    def probabilities(self, crops: Crops) -> Probabilities:
        """One row for each crop of `side_px`, in the order of EMOTIONS."""
        card = self.card
        faces = (crops.astype(np.float32) * np.float32(card.scale) + np.float32(card.offset))[..., None]
        views = [faces if view == "plain" else np.ascontiguousarray(faces[:, :, ::-1]) for view in card.views]
        means = sum(self._probabilities(self._infer(view)) for view in views) / np.float32(len(views))
        return np.asarray(means, dtype=np.float32)[:, self._order]

    def _try(self) -> None:
        """Read a black face. Raises ValueError where that cannot be done, or gives no probabilities."""
        outputs = self._infer(np.full((1, self.side_px, self.side_px, 1), self.card.offset, dtype=np.float32))
        if outputs.shape != (1, len(EMOTIONS)):
            raise ValueError(f"{outputs.shape[1:]} outputs for a face, not {len(EMOTIONS)}")
        if self.card.output == "probabilities" and not abs(float(outputs.sum()) - 1) < SUM_TOLERANCE:
            raise ValueError(f"what should be probabilities adds up to {outputs.sum():.3g}")

    def _probabilities(self, outputs: Outputs) -> Outputs:
        """Softened and adjusted as the card says; probabilities have logarithms in the place of logits."""
        card = self.card
        if card.output == "probabilities":
            if (card.temperature, card.factors, card.shifts) == (1, NO_FACTORS, NO_SHIFTS):
                return outputs
            outputs = np.log(np.maximum(outputs, np.float32(1e-12)))
        factors, shifts = np.array(card.factors, dtype=np.float32), np.array(card.shifts, dtype=np.float32)
        scaled = outputs / np.float32(card.temperature) * factors + shifts
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


def read_card(folder: Path) -> ModelCard:
    """Raises Unavailable, with what is wrong."""
    try:
        return ModelCard.of(json.loads((folder / CARD_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise Unavailable(f"The model in {folder.name} cannot be loaded: {error}") from error
