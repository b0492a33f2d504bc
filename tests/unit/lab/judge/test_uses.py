"""A report says of a model what the pictures it is judged by have done for it before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.judge import plots
from lab.judge.compare import compare
from lab.judge.evaluate import evaluate
from lab.judge.pictures import Split
from lab.judge.uses import told, training_of, uses_of
from lab.models.origin import Origin
from lab.models.reading import WorkerReader
from shared.domain.emotions import EMOTIONS
from shared.domain.model_card import ModelCard
from tests.unit.lab.judge.test_report import Knowing

SPLIT = Split(
    data="faces",
    name="PublicTest",
    arrays_sha256="ab" * 32,
    pictures=np.random.default_rng(0).integers(0, 256, (70, 48, 48), dtype=np.uint8),
    labels=np.arange(70) % 7,
    of=70,
)
TRAINED = {"name": "faces", "sha256": "ab" * 32, "counts": {"validation": dict.fromkeys(EMOTIONS, 10)}}
CALIBRATED = {"validation": {"sha256": SPLIT.sha256, "temperature_fitted_here": True}}


def card(made_by: Any, figures: Any) -> ModelCard:
    return ModelCard.of(
        {
            "name": "net",
            "version": "1",
            "input": {"side_px": 48, "scale": 1, "offset": 0},
            "margin": 0.1,
            "labels": EMOTIONS,
            "output": "logits",
            "views": ["plain"],
            "temperature": 1,
            "weights": {"litert": {"file": "weights.tflite", "sha256": "00" * 32}},
            "made_by": made_by,
            "figures": figures,
        }
    )


def origin(data: Any = TRAINED, figures: Any = CALIBRATED) -> Origin:
    return Origin.of(card({"data": data}, figures))


def test_a_validation_split_has_chosen_the_epoch_and_perhaps_the_temperature() -> None:
    assert uses_of(origin(), SPLIT) == ["best epoch", "temperature"]
    assert uses_of(origin(figures={}), SPLIT) == ["best epoch"]
    measured_only = {"validation": {"sha256": SPLIT.sha256, "temperature_fitted_here": False}}
    assert uses_of(origin({}, measured_only), SPLIT) == []
    assert uses_of(origin({}), SPLIT) == ["temperature"]


def test_a_part_of_the_pictures_has_been_used_as_all_were() -> None:
    assert uses_of(origin(), SPLIT.drawn(14)) == ["best epoch", "temperature"]


def test_the_pictures_of_the_training_are_called_so() -> None:
    training = replace(SPLIT, name="training", labels=(SPLIT.labels + 1) % 7)
    assert uses_of(origin(), training) == ["training"]


def test_a_test_split_has_done_nothing_for_a_model() -> None:
    assert uses_of(origin(), replace(SPLIT, name="PrivateTest", labels=(SPLIT.labels + 1) % 7)) == []


def test_the_same_split_beside_others_is_known_by_its_name_and_counts() -> None:
    fuller = replace(SPLIT, arrays_sha256="cd" * 32)
    assert uses_of(origin(figures={}), fuller) == ["best epoch"]
    assert uses_of(origin(figures={}), replace(fuller, data="others")) == []
    assert uses_of(origin(figures={}), replace(fuller, labels=np.zeros(70, dtype=np.int64))) == []


@pytest.mark.parametrize(("made_by", "figures"), [({}, {}), ({"data": None}, {"a": 1}), ({"data": "own"}, {"a": []})])
def test_a_card_made_elsewhere_may_say_anything(made_by: Any, figures: Any) -> None:
    assert uses_of(Origin.of(card(made_by, figures)), SPLIT) == []


def test_without_a_card_nothing_is_known() -> None:
    assert uses_of(None, SPLIT) is None


@pytest.mark.parametrize(
    ("uses", "said"),
    [
        (["best epoch", "temperature"], "its best epoch and its temperature were chosen on these pictures."),
        (["temperature"], "its temperature was chosen on these pictures."),
        (["training"], "it was trained on these pictures."),
        (
            ["training", "temperature"],
            "it was trained on these pictures, and its temperature was chosen on these pictures.",
        ),
        ([], None),
        (None, None),
    ],
)
def test_it_is_one_plain_sentence(uses: list[str] | None, said: str | None) -> None:
    assert told({"used_for": uses}) == said
    assert told({}) is None


def test_how_little_a_model_was_trained_is_said_too() -> None:
    counts = {"training": dict.fromkeys(EMOTIONS, 500)}
    made_by = {"data": {"name": "mix", "counts": counts}, "trained": {"epochs": 4}}
    trained = training_of(Origin.of(card(made_by, {})))
    assert trained == {"epochs": 4, "pictures": 3500, "data": "mix"}
    assert told({"trained": trained, "used_for": []}) == "it was trained for 4 epochs on 3,500 pictures of mix."
    unsaid = training_of(Origin.of(card({"trained": {"epochs": 1}}, {})))
    assert told({"trained": unsaid}) == "it was trained for 1 epoch on pictures of unnamed data."
    assert training_of(origin()) is None


class Made(Knowing):
    origin = origin()  # type: ignore[assignment]


def test_the_report_has_it_under_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "draw_confusion", lambda _model, path: path.write_bytes(b"drawn"))
    monkeypatch.setattr(plots, "draw_reliability", lambda _model, path: path.write_bytes(b"drawn"))
    found = evaluate(SPLIT, [Knowing("fer", 35), Made("mien-net", 63)], tmp_path, "./mien", lambda *_: None)
    assert [one["used_for"] for one in found["models"]] == [None, ["best epoch", "temperature"]]
    said = "its best epoch and its temperature were chosen on these pictures."
    figures = (tmp_path / "report.md").read_text().partition("## Figures")[2].partition("##")[0]
    assert f"\n\nmien-net: {said}\n\n" in figures
    assert f"\n\nmien-net on faces PublicTest: {said}\n\n" in compare([found])


def test_a_model_folder_hands_over_what_its_card_says() -> None:
    assert WorkerReader("fer", FolderLike()).origin is None
    assert WorkerReader("net", FolderLike(), origin()).origin == origin()


class FolderLike:
    name, engine, sha256, side_px, margin = "net", "litert", "00" * 32, 48, 0.1

    def probabilities(self, crops: Any) -> Any:
        raise NotImplementedError
