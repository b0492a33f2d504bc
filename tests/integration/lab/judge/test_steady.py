"""On a recording the lab reads the faces that a worker reads, and cuts them out as each model wants it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cli import lab_steady
from shared.domain.emotions import EMOTIONS
from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from shared.domain.samples import Sample
from tests.recordings import Studio
from tests.scene import Scene
from worker.pipeline import litert
from worker.pipeline.folder import FolderModel
from worker.pipeline.run import FerModel, Model, Network, Recording, analyse_segment, plan_recording

Run = Callable[..., Any]


@pytest.fixture
def run() -> Run:
    app = typer.Typer()
    lab_steady.register(app)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A model folder with a margin of its own that looks at both views: of a mirrored face it says the same."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "weights.tflite").write_bytes(litert.fer_weights().read_bytes())
    card = {
        "name": "tiny",
        "version": "1",
        "input": {"side_px": 64, "colour": "gray", "scale": 2 / 255, "offset": -1},
        "margin": 0.3,
        "labels": EMOTIONS,
        "output": "probabilities",
        "views": ["plain", "mirrored"],
        "temperature": 1,
        "weights": {"litert": {"file": "weights.tflite", "sha256": litert.FER_SHA256}},
    }
    (folder / "model.json").write_text(json.dumps(card))
    return folder


def analysed(video: Path, model: Model) -> list[Sample]:
    options, limits = Options(), MediaLimits()
    plan = plan_recording(video, options, limits, lambda _: None)
    with Recording(video, limits) as recording:
        (segment,) = plan.segments
        return analyse_segment(recording, plan, segment, options, model, lambda _: None)


def test_models_read_what_a_worker_reads(run: Run, studio: Studio, tiny: Path, tmp_path: Path) -> None:
    video = studio.record(duration_s=8.0, scene=Scene(away=((2.2, 3.2),)))
    out = tmp_path / "out"
    done = run(video, "--models", f"fer,tiny:{tiny},deepface", "--out", out)
    assert done.exit_code == 0, done.output
    assert "| deepface | unavailable | — |" in done.stdout
    found = json.loads((out / "steady.json").read_text())
    (recording,) = found["recordings"]
    assert recording["sha256"] == hashlib.sha256(video.read_bytes()).hexdigest()
    assert (recording["samples"], recording["with_subject"]) == (16, 14)
    fer, folder, deepface = found["models"]
    assert_as_a_worker(fer, analysed(video, FerModel(Network("litert"))))
    assert_as_a_worker(folder, analysed(video, FolderModel(tiny)))
    assert folder["overall"]["mirrored_same"]["mean"] == 1.0
    assert folder["overall"]["mirrored_distance"]["mean"] < 1e-5 < fer["overall"]["mirrored_distance"]["mean"]
    assert {*deepface} == {"model", "status", "engine", "sha256", "reason"}
    page = (out / "steady.md").read_text()
    assert f"./mien lab steady {video.name} --models fer,tiny:tiny,deepface --out out" in page
    assert recording["sha256"] in page
    assert "- deepface: no weights" in page


def assert_as_a_worker(model: dict[str, Any], samples: list[Sample]) -> None:
    (figures,) = model["recordings"]
    faces = [sample.faces[0] for sample in samples if sample.faces]
    assert (figures["samples"], figures["pairs"]) == (14, 12)
    counts = Counter(face.dominant for face in faces)
    assert figures["dominant"] == {emotion: pytest.approx(counts[emotion] / 14) for emotion in EMOTIONS}
    sure = np.mean([max(face.probabilities) for face in faces])
    assert figures["confidence"]["mean"] == pytest.approx(sure, abs=1e-4)
    rows = np.array([face.probabilities for face in faces])
    numbers = np.array([sample.number for sample in samples if sample.faces])
    distances = np.abs(np.diff(rows, axis=0)).sum(axis=1)[np.diff(numbers) == 1] / 2
    assert figures["neighbours_distance"]["mean"] == pytest.approx(distances.mean(), abs=1e-4)
    assert 0 < figures["jittered_distance"]["mean"] < 0.5
    assert model["overall"] == {name: value for name, value in figures.items() if name != "recording"}


def test_recordings_are_taken_together_and_the_same_jitter_comes_again(
    run: Run, studio: Studio, tiny: Path, tmp_path: Path
) -> None:
    videos = [studio.record(duration_s=2.0), studio.record(duration_s=1.0, scene=Scene(people=0))]
    for name in ("one", "other"):
        done = run(*videos, "--models", f"tiny:{tiny}", "--out", tmp_path / name)
        assert f"| tiny | {videos[1].name} | — |" in done.stdout
        assert "| tiny | all | 100.0 % (" in done.stdout
    one, other = (json.loads((tmp_path / name / "steady.json").read_text()) for name in ("one", "other"))
    assert one["models"] == other["models"]
    assert one["models"][0]["overall"]["samples"] == 4


def test_what_is_no_recording_is_refused_by_its_code(run: Run, studio: Studio, tmp_path: Path) -> None:
    text = studio.write("notes.mp4", b"no recording at all")
    done = run(text, "--models", "fer-litert", "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "unsupported_media" in done.stderr
