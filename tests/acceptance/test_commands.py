from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from shared.domain.timeline import CSV_COLUMNS
from tests.acceptance.conftest import Mien
from tests.recordings import Studio


def test_one_command_analyses_a_recording_from_nothing_and_agrees_with_analyze(
    mien: Mien, recording: Path, tmp_path: Path
) -> None:
    home = tmp_path / "a home with spaces"
    served = mien("run", recording, "--once", "--json", "--home", home, "--port", 0)
    local = mien("analyze", recording, "--json", "--analysers", 1)

    assert served.returncode == 0, served.stderr
    assert local.returncode == 0, local.stderr
    result, summary = json.loads(served.stdout), json.loads(local.stdout)
    assert result.pop("state") == "succeeded"
    assert result.pop("job_id").startswith("job_")
    for moment in result["moments"]:
        moment.pop("thumbnail")
    assert result == summary
    assert "/login?token=" in served.stderr
    assert (home / "key").stat().st_mode & 0o077 == 0


def test_analyze_prints_a_row_for_each_face_and_sample(mien: Mien, recording: Path) -> None:
    done = mien("analyze", recording, "--csv", "--interval", 1)

    header, *rows = csv.reader(io.StringIO(done.stdout))
    assert tuple(header) == CSV_COLUMNS
    assert {row[1] for row in rows} == {str(number) for number in range(6)}


def test_the_number_of_analysers_changes_nothing(mien: Mien, studio: Studio) -> None:
    long_enough_for_segments = studio.record(duration_s=95.0, fps=5, width=256, height=144, gop_frames=25)
    alone = mien("analyze", long_enough_for_segments, "--csv", "--analysers", 1, "--interval", 2)
    together = mien("analyze", long_enough_for_segments, "--csv", "--analysers", 3, "--interval", 2)

    assert alone.returncode == 0, alone.stderr
    assert alone.stdout == together.stdout


def test_models_engines_and_detectors_come_to_the_same_moments(mien: Mien, studio: Studio) -> None:
    recording = studio.record(duration_s=12.0, fps=10, width=640, height=360)
    choices = [
        (),
        ("--detector", "exhaustive"),
        ("--model", "fer"),
        ("--model", "fer", "--engine", "tensorflow"),
        ("--model", "fer-mirrored"),
    ]
    results = [json.loads(mien("analyze", recording, "--json", *choice).stdout) for choice in choices]

    made_by = [(r["provenance"]["model"], r["provenance"]["engine"], r["provenance"]["detector"]) for r in results]
    assert made_by == [
        ("mien-net", "litert", "tracked-2"),
        ("mien-net", "litert", "exhaustive-1"),
        ("fer", "litert", "tracked-2"),
        ("fer", "tensorflow", "tracked-2"),
        ("fer-mirrored", "litert", "tracked-2"),
    ]
    assert len({tuple(moment["emotion"] for moment in result["moments"]) for result in results}) == 1
    for emotion, share in results[2]["emotions"].items():
        assert results[3]["emotions"][emotion] == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b"\x93\x1f" * 4000, "unsupported_media"), (b"Dear diary,\n", "unsupported_media")],
)
def test_what_is_no_recording_ends_with_its_code_and_nothing_on_stdout(
    mien: Mien, tmp_path: Path, content: bytes, code: str
) -> None:
    (tmp_path / "recording.mp4").write_bytes(content)
    done = mien("analyze", "recording.mp4", "--json")

    assert (done.returncode, done.stdout) == (1, "")
    assert code in done.stderr


def test_a_recording_without_picture_or_without_its_end_ends_with_its_code(mien: Mien, studio: Studio) -> None:
    sound = mien("analyze", studio.record(duration_s=2.0, video=False, sound=True), "--json")
    cut = mien("analyze", studio.cut_off(0.6, duration_s=2.0), "--json")

    assert (sound.returncode, sound.stdout, "no_video" in sound.stderr) == (1, "", True)
    assert (cut.returncode, cut.stdout, "media_unreadable" in cut.stderr) == (1, "", True)


def test_run_ends_with_the_code_of_a_recording_that_failed(mien: Mien, tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("no recording at all")
    done = mien("run", "notes.mp4", "--once", "--json", "--port", 0)

    assert (done.returncode, done.stdout) == (1, "")
    assert "unsupported_media" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("run", "missing.mp4"), ("analyze",), ("analyze", "missing.mp4"), ("run", "--port", "many"), ("dance",)],
)
def test_a_wrong_command_line_ends_with_two(mien: Mien, arguments: tuple[str, ...]) -> None:
    done = mien(*arguments)

    assert (done.returncode, done.stdout) == (2, "")


def test_the_document_of_the_interface_can_be_printed(mien: Mien) -> None:
    document = json.loads(mien("openapi").stdout)

    assert document["openapi"].startswith("3.1")
    assert "/v1/jobs" in document["paths"]
