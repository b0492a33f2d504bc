"""The commands judge fer by pictures that are made up, and say what is wrong in a sentence."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cli import console, lab_judge
from lab.data import dataset


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    faces = dataset.Faces(
        pictures=rng.integers(0, 256, (40, 48, 48), dtype=np.uint8),
        labels=(np.arange(40) % 7).astype(np.uint8),
        splits=np.ones(40, dtype=np.uint8),
        names=np.array([f"{place}.jpg" for place in range(40)]),
    )
    dataset.write(tmp_path / "faces", faces, {"data": "made up"})
    return tmp_path / "faces"


@pytest.fixture
def run() -> Callable[..., str]:
    app = typer.Typer()
    lab_judge.register(app)

    def invoke(*words: str | Path) -> str:
        result = CliRunner().invoke(app, [str(word) for word in words])
        if result.exception is not None:
            raise result.exception
        return result.stdout

    return invoke


def test_a_report_is_written_with_its_pictures(run: Callable[..., str], data: Path, tmp_path: Path) -> None:
    said = run(
        "evaluate", "--data", data, "--models", "fer-litert,deepface", "--out", tmp_path / "out", "--limit", "30"
    )
    assert "| deepface | unavailable |" in said
    found = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [(one["model"], one["status"]) for one in found["models"]] == [
        ("fer-litert", "ready"),
        ("deepface", "unavailable"),
    ]
    assert found["command"].startswith(
        "./mien lab evaluate --data faces --split validation --models fer-litert,deepface"
    )
    for name in ("confusion.png", "reliability.png"):
        drawn = cv2.imread(str(tmp_path / "out" / "fer-litert" / name))
        assert drawn is not None
        assert min(drawn.shape[:2]) > 400
    assert "| fer-litert | made up validation, 30 pictures" in run("compare", tmp_path / "out")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--models", "vgg"), "is no model"),
        (("--models", ","), "name at least one model"),
        (("--models", "fer:net"), "fer is another model than that in net"),
        (("--models", "fer-litert", "--split", "PrivateTest"), "it has validation"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Callable[..., str], data: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(console.Failure, match=said):
        run("evaluate", "--data", data, "--out", tmp_path / "out", *words)


def test_a_folder_without_a_card_cannot_be_exported(run: Callable[..., str], tmp_path: Path) -> None:
    with pytest.raises(console.Failure, match="neither a card nor a training"):
        run("export", tmp_path, "--to", "litert")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "litert"), "name it, such as fer.tflite"),
        (("--to", "."), "is no file in a folder that there is"),
        (("--to", "nodir/fer.tflite"), "is no file in a folder that there is"),
        (("--to", "fer.tflite", "--out", "net"), "fer takes none of"),
        (("--to", "fer.tflite", "--storage", "float32"), "fer takes none of"),
        (("--to", "fer.tflite", "--calibrate-on", "."), "fer takes none of"),
    ],
)
def test_fer_is_exported_to_one_file(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    app = typer.Typer()
    lab_judge.register(app)
    with contextlib.chdir(tmp_path):
        result = CliRunner().invoke(app, ["export", "fer", *words], env={"COLUMNS": "300"})
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_a_folder_is_said(run: Callable[..., str], data: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(console.Failure, match="taken"):
        run("evaluate", "--data", data, "--models", "fer-litert", "--out", tmp_path / "taken" / "out")
