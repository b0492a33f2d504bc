"""The benchmarks run, in their shortest form, and say what they measured; no test looks at a time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bench.faults import RESCUE_S
from cli.deployment import deployed
from tests.acceptance.conftest import QUICK, Mien
from tests.node import IN_CI
from tests.recordings import Studio
from tests.ui.conftest import CHROMIUMS, NO_CHROMIUM

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg (Debian: apt-get install ffmpeg)")

SHORTEST = {"rounds": 1, "jobs": 2, "requests": 2, "rescues": 0}


@pytest.fixture
def talk(studio: Studio) -> Path:
    return studio.record(duration_s=6.0, fps=10, width=640, height=360)


def test_the_pipeline_is_measured_beside_ffmpeg(mien: Mien, talk: Path, tmp_path: Path) -> None:
    sections = [word for name in ("speed", "profile", "agreement") for word in ("--only", name)]
    done = mien("bench", "pipeline", talk, "--quick", "--json", "--out", tmp_path / "docs", *sections)

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert set(report["speed"]["medians"]) == {"mien", "ffmpeg"}
    assert report["agreement"]["tracked"]["found"] == 1.0
    assert sum(report["profile"]["stages_s"].values()) > 0
    assert "| Mien |" in (tmp_path / "docs" / "performance.md").read_text()
    assert (tmp_path / "docs" / "images" / "performance.png").read_bytes()[:4] == b"\x89PNG"


def test_both_baselines_read_a_whole_recording(mien: Mien, talk: Path) -> None:
    done = mien("bench", "pipeline", talk, "--json", "--repeats", "1", "--only", "speed")

    assert done.returncode == 0, done.stderr
    medians = json.loads(done.stdout)["speed"]["medians"]
    assert list(medians) == ["mien", "ffmpeg", "fer_video", "prototype"]
    assert all(cost["cpu_s"] > 0 for cost in medians.values())


def test_a_recording_that_is_none_ends_the_benchmark_with_its_reason(mien: Mien, tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("no recording at all")
    done = mien("bench", "pipeline", "notes.mp4", "--quick", "--json")

    assert (done.returncode, done.stdout) == (1, "")
    assert "notes.mp4" in done.stderr or "unsupported_media" in done.stderr


def test_work_and_acceptance_are_measured_with_the_broker_and_without(mien: Mien, tmp_path: Path) -> None:
    shortest = [word for name, count in SHORTEST.items() for word in (f"--{name}", count)]
    done = mien("bench", "faults", *shortest, "--report", tmp_path / "faults.json", timeout_s=280)

    assert done.returncode == 0, done.stderr
    assert "Under faults" in done.stdout
    report = json.loads((tmp_path / "faults.json").read_text())
    throughput, accepting = report["throughput"], report["accepting"]
    assert [len(throughput[arm]) for arm in ("on", "off")] == [1, 1]
    assert [len(accepting[arm]) for arm in ("on", "hole")] == [1, 1]
    assert set(throughput["ratio"]) == set(accepting["p99_ratio"]) == {"figure", "goal", "met"}
    assert report["rescues"] == {}


def test_rescues_from_every_death_are_timed(tmp_path: Path) -> None:
    with deployed(tmp_path, QUICK) as deployment:
        assert all(deployment.rescue_s(victim) > 0 for victim in RESCUE_S)


@pytest.mark.skipif(not (IN_CI or any(map(shutil.which, CHROMIUMS))), reason=NO_CHROMIUM)
def test_the_page_is_measured_beside_bare_lines(mien: Mien) -> None:
    done = mien("bench", "page", "--repeats", "1", timeout_s=120)
    assert done.returncode == 0, done.stderr
    assert "the report" in done.stdout
    assert "uPlot alone" in done.stdout
