"""A report sets claims beside measurements, and never shows a number that was not measured."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.judge import plots
from lab.judge.compare import compare, read_report
from lab.judge.evaluate import evaluate
from lab.judge.pictures import Split
from lab.judge.report import claims_table
from lab.models.reading import Missing, Pictures, Probabilities, Reader, Status
from shared.domain.emotions import EMOTIONS
from shared.domain.errors import InvalidRequest, Unavailable

COMMAND = "./mien lab evaluate --data faces --split validation --models fer,deepface,mien-net:net --out out"
LABELS = np.arange(70) % 7


class Knowing:
    """Is right about the first so many pictures, and takes the others for the next class."""

    status: Status = "ready"
    reason = None
    origin = None
    engine = "litert"
    sha256 = "cd" * 32
    batch = 70
    side_px = 48
    margin = 0.0

    def __init__(self, name: str, right: int) -> None:
        self.name = name
        self._right = right

    def probabilities(self, pictures: Pictures) -> Probabilities:
        answers = np.where(np.arange(70) < self._right, LABELS, (LABELS + 1) % 7)
        return np.asarray(0.8 * np.eye(7)[answers] + 0.2 / 7, dtype=np.float32)[: len(pictures)]


SPLIT = Split(
    data="faces",
    name="validation",
    arrays_sha256="ab" * 32,
    pictures=np.zeros((70, 48, 48), dtype=np.uint8),
    labels=LABELS,
    of=70,
)
READERS: Sequence[Reader] = (
    Missing("deepface", "no weights: /w/facial.h5 does not exist"),
    Knowing("fer", 35),
    Knowing("mien-net", 63),
)
Judge = Callable[..., dict[str, Any]]


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "draw_confusion", lambda _model, path: path.write_bytes(b"drawn"))
    monkeypatch.setattr(plots, "draw_reliability", lambda _model, path: path.write_bytes(b"drawn"))


@pytest.fixture
def found(undrawn: None, tmp_path: Path) -> dict[str, Any]:
    return evaluate(SPLIT, READERS, tmp_path, COMMAND, lambda *_: None)


def models(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["model"]: one for one in found["models"]}


def test_the_file_has_what_was_found(found: dict[str, Any], tmp_path: Path) -> None:
    assert json.loads((tmp_path / "report.json").read_text()) == json.loads(json.dumps(found))
    assert list(models(found)) == ["deepface", "fer", "mien-net"]


def test_it_says_by_which_pictures_and_by_which_command(found: dict[str, Any]) -> None:
    assert found["command"] == COMMAND
    assert found["data"] == {
        "name": "faces",
        "split": "validation",
        "pictures": 70,
        "of": 70,
        "sha256": SPLIT.sha256,
        "arrays_sha256": "ab" * 32,
    }


def test_every_figure_is_there_for_a_model_that_is_ready(found: dict[str, Any]) -> None:
    fer = models(found)["fer"]
    assert (fer["status"], fer["accuracy"], fer["balanced_accuracy"]) == ("ready", 0.5, 0.5)
    assert fer["macro_f1"] == pytest.approx(0.5)
    assert fer["per_class"]["happy"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 10}
    assert fer["confusion"][0] == [5, 5, 0, 0, 0, 0, 0]
    assert fer["ece"] == pytest.approx(0.8 + 0.2 / 7 - 0.5)
    assert fer["interval"]["accuracy"][0] < 0.5 < fer["interval"]["accuracy"][1]
    assert {*fer["latency_ms"]} == {"p50", "p95"}
    assert fer["faces_per_s"] > 0


def test_a_model_that_is_unavailable_has_a_reason_and_no_number(found: dict[str, Any]) -> None:
    assert models(found)["deepface"] == {
        "model": "deepface",
        "status": "unavailable",
        "engine": None,
        "sha256": None,
        "reason": "no weights: /w/facial.h5 does not exist",
    }


def test_each_model_is_compared_with_the_first_that_is_ready(found: dict[str, Any]) -> None:
    assert models(found)["fer"]["mcnemar"] is None
    pair = models(found)["mien-net"]["mcnemar"]
    assert (pair["against"], pair["only_first"], pair["only_second"], pair["test"]) == ("fer", 0, 28, "chi-squared")
    assert pair["p"] < 0.001


def test_each_model_has_its_files(found: dict[str, Any], tmp_path: Path) -> None:
    assert {path.name for path in (tmp_path / "fer").iterdir()} == {
        "confusion.csv",
        "confusion.png",
        "probabilities.npy",
        "reliability.png",
    }
    assert not (tmp_path / "deepface").exists()
    lines = (tmp_path / "fer" / "confusion.csv").read_text().splitlines()
    assert lines[:2] == ["shown," + ",".join(EMOTIONS), "angry,5,5,0,0,0,0,0"]
    assert np.load(tmp_path / "fer" / "probabilities.npy").shape == (70, 7)


def rows_of(page: str, start: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith(f"| {start} |")]


def test_the_page_sets_claims_beside_measurements(found: dict[str, Any], tmp_path: Path) -> None:
    page = (tmp_path / "report.md").read_text()
    assert COMMAND in page
    assert SPLIT.sha256 in page
    fer, deepface, xception = (rows_of(page, system)[0] for system in ("FER", "DeepFace", "Xception"))
    assert fer.startswith("| FER | 72.3 % | no: computed nowhere in their notebooks | 50.0 % (")
    assert deepface.startswith("| DeepFace | 97.5 % | no: ")
    assert deepface.endswith("| unavailable |")
    assert xception.endswith("| not in this report |")
    assert rows_of(page, "mien-net")[0].startswith("| mien-net | — | — | 90.0 % (")


def test_a_claim_has_the_first_model_that_was_measured_beside_it() -> None:
    ready = {"model": "fer-litert", "status": "ready", "accuracy": 0.57, "interval": {"accuracy": [0.55, 0.59]}}
    page = claims_table([{"model": "fer", "status": "unavailable"}, {**ready, "model": "fer-int8"}, ready])
    assert rows_of(page, "FER")[0].endswith("| 57.0 % (55.0 to 59.0) |")
    assert rows_of(claims_table([{"model": "fer", "status": "unavailable"}]), "FER")[0].endswith("| unavailable |")


def test_no_figure_is_claimed_of_the_custom_network() -> None:
    assert rows_of(claims_table([]), "custom CNN")[0].startswith("| custom CNN | no figure known | no: ")


def test_the_page_says_what_could_not_be_measured_and_why(found: dict[str, Any], tmp_path: Path) -> None:
    page = (tmp_path / "report.md").read_text()
    assert "- deepface: no weights: /w/facial.h5 does not exist" in page
    assert rows_of(page, "deepface") == ["| deepface | unavailable | — | — | — | — | — | — |"]


def test_a_part_of_a_split_is_called_one(undrawn: None, tmp_path: Path) -> None:
    evaluate(SPLIT.drawn(14), [Missing("deepface", "no weights")], tmp_path, COMMAND, lambda *_: None)
    assert "14 pictures of 70, drawn at random" in (tmp_path / "report.md").read_text()


def test_nothing_is_computed_where_nothing_can_be_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(Unavailable, match="need matplotlib"):
        evaluate(SPLIT, READERS, tmp_path / "out", COMMAND, lambda *_: None)
    assert not (tmp_path / "out").exists()


def test_a_model_without_weights_gives_no_probabilities() -> None:
    with pytest.raises(Unavailable, match="deepface has read none of 70 pictures: no weights"):
        READERS[0].probabilities(SPLIT.pictures)


def test_reports_stand_side_by_side(found: dict[str, Any], tmp_path: Path) -> None:
    side_by_side = compare([read_report(tmp_path), read_report(tmp_path / "report.json")])
    assert len(rows_of(side_by_side, "fer")) == 2
    assert f"| faces validation, 70 pictures, {SPLIT.sha256[:8]} | 50.0 % (" in rows_of(side_by_side, "fer")[0]
    assert "did not all see the same pictures" not in side_by_side
    assert rows_of(side_by_side, "FER")[0].startswith("| FER | 72.3 % |")
    assert rows_of(side_by_side, "Xception") == []


def test_reports_of_other_pictures_are_called_so(found: dict[str, Any]) -> None:
    other = found | {"data": found["data"] | {"sha256": "ef" * 32}}
    side_by_side = compare([found, other])
    assert "did not all see the same pictures" in side_by_side
    assert "claimed" not in side_by_side


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"models": []}')
    with pytest.raises(InvalidRequest, match="is no report"):
        read_report(tmp_path)
