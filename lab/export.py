"""Turns a trained network into what a worker's light engine loads: a file, or a whole model folder."""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lab.card import read_draft
from lab.models.quiet import import_tensorflow
from shared.domain.errors import InvalidRequest
from shared.domain.model_card import CARD_FILE, NO_FACTORS, NO_SHIFTS, ModelCard, WeightsFile

Storage = Literal["float32", "float16", "int8"]
Outputs = NDArray[np.float32]

WEIGHTS_FILE = "weights.tflite"
TOLERANCES: dict[Storage, float] = {"float32": 1e-4, "float16": 1e-2, "int8": 0.1}
"""How far a probability may be from what Keras computes; what rounding costs in accuracy is for `evaluate` to say."""
TRIED = 64  # pictures that both are given
SEED = 0


class Inexact(Exception):
    """The converted file does not compute what the trained one does; `difference` is the largest of a probability."""

    def __init__(self, difference: float, tolerance: float) -> None:
        super().__init__(f"probabilities differ by up to {difference:.2g}, more than {tolerance:.0e}")
        self.difference = difference


def convert_keras(weights: Path, storage: Storage = "float32") -> bytes:
    """A Keras file as a LiteRT one; the same bytes every time.

    Args:
        weights: What Keras saved, network and all.
        storage: float32 rounds nothing; float16 halves the file, and is computed in float32; int8 quarters it, and is
            computed in whole numbers, each picture scaled by its own range.
    """
    return _converted(_load(weights), storage)


def export_folder(source: Path, into: Path, storage: Storage = "float32") -> ModelCard:
    """Make a model folder that a worker can load of a folder with a trained Keras file and a card.

    Args:
        source: What `mien lab train` left, or a folder with one `.keras` file and `model.json`, whose weights for
            `tensorflow` may name the file.
        into: The folder to write, made if need be; may be `source`, where the Keras file stays.
        storage: Of the weights in the file.

    Figures and temperature of a card that names another LiteRT file are not kept: they were measured with that one.

    Raises:
        InvalidRequest: There is no card that holds, or not one Keras file.
        Inexact: The converted file computes something else; nothing is written.
    """
    draft = read_draft(source)
    trained = _find_keras(source, draft)
    card = _card(source, draft)
    network = _load(trained)
    content = _converted(network, storage)
    _check(network, content, card, TOLERANCES[storage])
    into.mkdir(parents=True, exist_ok=True)
    (into / WEIGHTS_FILE).write_bytes(content)
    kept = card.weights if into.resolve() == source.resolve() else {}
    sha256 = hashlib.sha256(content).hexdigest()
    card = replace(card, weights={**kept, "litert": WeightsFile(file=WEIGHTS_FILE, sha256=sha256)})
    if draft.get("weights", {}).get("litert", {}).get("sha256", sha256) != sha256:
        card = replace(card, temperature=1.0, factors=NO_FACTORS, shifts=NO_SHIFTS, figures={})
    write_card(into, card)
    return card


def write_card(folder: Path, card: ModelCard) -> None:
    text = json.dumps(card.to_dict(), indent=2, ensure_ascii=False) + "\n"
    (folder / CARD_FILE).write_text(text, encoding="utf-8")


def storage_of(word: str) -> Storage:
    """Raises InvalidRequest for another word."""
    for known in get_args(Storage):
        if word == known:
            return known  # type: ignore[no-any-return]
    raise InvalidRequest(f"weights are stored as {' or '.join(get_args(Storage))}, not {word!r}")


def _find_keras(source: Path, draft: dict[str, Any]) -> Path:
    named = draft.get("weights", {}).get("tensorflow")
    found = [source / named["file"]] if named else sorted(source.glob("*.keras"))
    if len(found) != 1 or not found[0].is_file():
        raise InvalidRequest(f"{source} must hold one trained .keras file, or {CARD_FILE} name the one that is meant")
    if named and hashlib.sha256(found[0].read_bytes()).hexdigest() != named["sha256"]:
        raise InvalidRequest(f"{found[0]} is not the file that {CARD_FILE} speaks of")
    return found[0]


def _card(source: Path, draft: dict[str, Any]) -> ModelCard:
    """Of a model whose LiteRT file may still have to be made."""
    to_be = {"litert": {"file": WEIGHTS_FILE, "sha256": ""}}
    try:
        return ModelCard.of({**draft, "weights": {**draft.get("weights", {}), **to_be}})
    except ValueError as error:
        raise InvalidRequest(f"{source}: {error}") from error


def _load(weights: Path) -> Any:
    return import_tensorflow().keras.models.load_model(weights, compile=False)


def _converted(network: Any, storage: Storage) -> bytes:
    tensorflow = import_tensorflow()
    converter = tensorflow.lite.TFLiteConverter.from_keras_model(network)
    if storage != "float32":
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    if storage == "float16":
        converter.target_spec.supported_types = [tensorflow.float16]
    with redirect_stdout(io.StringIO()):  # it tells where it keeps what it throws away again
        return bytes(converter.convert())


def _check(network: Any, content: bytes, card: ModelCard, tolerance: float) -> None:
    """Raises Inexact where both give different probabilities to pictures between flat gray and noise."""
    faces = _tried(card)
    by_keras = np.asarray(network(faces, training=False), dtype=np.float32)
    apart = np.abs(_probabilities(by_keras, card) - _probabilities(_by_litert(content, faces), card))
    if not apart.max() <= tolerance:  # a difference that is no number is too large as well
        raise Inexact(float(apart.max()), tolerance)


def _tried(card: ModelCard) -> NDArray[np.float32]:
    """(TRIED, side, side, 1) float32 as the card says that pixels go in."""
    rng = np.random.default_rng(SEED)
    shape = (TRIED, card.side_px, card.side_px, 1)
    contrast = np.linspace(0, 1, TRIED).reshape(-1, 1, 1, 1)
    pixels = np.rint(128 + contrast * (rng.integers(0, 256, shape) - 128))
    return (pixels * card.scale + card.offset).astype(np.float32)


def _by_litert(content: bytes, faces: NDArray[np.float32]) -> Outputs:
    import tempfile

    from worker.pipeline import litert

    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        file.write(content)
        file.flush()
        return litert.load(Path(file.name))(faces)


def _probabilities(outputs: Outputs, card: ModelCard) -> NDArray[np.float64]:
    from lab.judge.calibration import soften

    return outputs.astype(np.float64) if card.output == "probabilities" else soften(outputs, 1)
