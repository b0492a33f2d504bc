"""The commands from a csv to a trained network, as somebody types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.unit.lab.stripes import striped

ROOT = Path(__file__).resolve().parents[3]


def mien(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", "lab", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    rng = np.random.default_rng(0)
    lines = ["emotion,pixels,Usage"]
    for at in range(42):
        pixels = " ".join(map(str, striped(at % 7, rng).ravel()))
        lines.append(f"{at % 7},{pixels},{'Training' if at < 28 else 'PublicTest'}")
    (folder / "fer2013.csv").write_text("\n".join(lines) + "\n")
    made = mien("prepare", "fer2013", "--csv", folder / "fer2013.csv", "--out", folder / "data")
    assert made.returncode == 0, made.stderr
    return folder / "data"


def test_a_csv_becomes_a_trained_network_that_can_be_trained_on(data: Path, tmp_path: Path) -> None:
    first = mien("train", "custom-cnn", "--data", data, "--out", tmp_path, "--epochs", 1)
    assert first.returncode == 0, first.stderr
    again = mien("train", "custom-cnn", "--data", data, "--out", tmp_path, "--epochs", 2, "--resume")
    assert again.returncode == 0, again.stderr
    assert "best of 2 epochs" in again.stdout
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 2
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    manifest = json.loads((data / "manifest.json").read_text())
    assert json.loads((tmp_path / "run.json").read_text())["data"]["sha256"] == manifest["arrays"]["sha256"]


def test_what_cannot_be_done_is_said_in_one_line(data: Path, tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"no archive")
    for arguments, said in (
        (("train", "resnet", "--data", data, "--out", tmp_path), "there is no recipe 'resnet'"),
        (("train", "custom-cnn", "--data", tmp_path, "--out", tmp_path), "manifest.json: is missing"),
        (("prepare", "fer2013", "--zip", tmp_path / "no.zip", "--out", tmp_path), "no.zip: "),
    ):
        refused = mien(*arguments)
        assert refused.returncode == 1
        assert said in refused.stderr
        assert "Traceback" not in refused.stderr
