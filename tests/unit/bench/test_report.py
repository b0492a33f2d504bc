"""Ratios, tables and the page show the numbers they are given."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench.agreement import Agreement, Comparison
from bench.facts import Footage, Machine, distance
from bench.growth import Length
from bench.jobs import Jobs, Overhead, Waiting, Whole
from bench.measure import Cost
from bench.profile import DECODE, REST, SEARCH, Profile
from bench.report import markdown, write
from bench.run import Report
from bench.scaling import Scale
from bench.speed import FFMPEG, MIEN, PROTOTYPE, Speed, ratios
from bench.tables import tables_of

OURS = Cost(wall_s=6.0, cpu_s=11.0, peak_tree_mb=400.0, peak_process_mb=200.0)
FFMPEG_COST = Cost(wall_s=8.0, cpu_s=10.0, peak_tree_mb=100.0, peak_process_mb=100.0)
PROTOTYPE_COST = Cost(wall_s=120.0, cpu_s=220.0, peak_tree_mb=2000.0, peak_process_mb=2000.0)
MEDIANS = {MIEN: OURS, FFMPEG: FFMPEG_COST, PROTOTYPE: PROTOTYPE_COST}
AGREED = Agreement(with_face=590, found=0.995, only_other=2, same_dominant=0.9712, mean_iou=0.9876)

REPORT = Report(
    command="./mien bench pipeline talk.mp4 --out docs",
    machine=Machine(cpu="Some Processor", cores=2, memory_mb=8192, programs={"ffmpeg": "7.1"}),
    footage=Footage(
        name="talk.mp4",
        codec="h264",
        width=1280,
        height=720,
        fps=30.0,
        length_s=300.0,
        size_bytes=12_300_000,
        key_frame_distance_s=8.333,
        sha256="ab" * 32,
    ),
    speed=Speed(
        repeats=3, runs={name: [cost] * 3 for name, cost in MEDIANS.items()}, medians=MEDIANS, ratios=ratios(MEDIANS)
    ),
    profile=Profile(samples=600, stages_s={DECODE: 6.0, SEARCH: 2.5, REST: 1.5}),
    agreement=Comparison(tracked=AGREED, jittered=replace(AGREED, same_dominant=0.9534)),
    growth=[Length(minutes=1.0, cost=OURS), Length(minutes=180.0, cost=FFMPEG_COST)],
    scaling=[Scale(analysers=1, cost=OURS, speed_up=1.0), Scale(analysers=2, cost=OURS, speed_up=1.87)],
    jobs=Jobs(
        overhead=Overhead(jobs=10, job_s=0.55, pipeline_s=0.45, overhead_s=0.1, worst_s=0.14),
        waiting=Waiting(started_after_s=0.9, finished_after_s=4.5, long_percent=3.0),
        whole=Whole(service_s=6.6, analyze_s=6.0, ratio=1.1),
    ),
)
BARE = Report(command=REPORT.command, machine=REPORT.machine, footage=REPORT.footage)


def lines_of(text: str, start: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(start)]


def test_a_ratio_is_ours_divided_by_theirs() -> None:
    assert ratios(MEDIANS)[FFMPEG] == pytest.approx(
        {"wall_s": 0.75, "cpu_s": 1.1, "peak_tree_mb": 4.0, "peak_process_mb": 2.0}
    )
    assert ratios(MEDIANS)[PROTOTYPE]["wall_s"] == pytest.approx(0.05)


def test_a_number_that_is_zero_gives_no_ratio() -> None:
    nothing = replace(FFMPEG_COST, cpu_s=0.0)
    assert "cpu_s" not in ratios({MIEN: OURS, FFMPEG: nothing})[FFMPEG]


def test_the_page_shows_the_figures_given() -> None:
    page = markdown(REPORT)
    assert lines_of(page, "| Mien |") == ["| Mien | 6.00 | 11.00 | 400 | 200 |"]
    assert lines_of(page, "| Mien / ffmpeg") == ["| Mien / ffmpeg, decoding alone | 0.750 | 1.100 | 4.000 | 2.000 |"]
    assert lines_of(page, "| decoding |") == ["| decoding | 6.000 | 60.0% | 10.00 |"]
    assert lines_of(page, "| tracked |") == ["| tracked | 99.50% | 97.12% | 0.988 | 2 |"]
    assert lines_of(page, "| noise floor |") == ["| noise floor | 99.50% | 95.34% | 0.988 | 2 |"]
    assert lines_of(page, "| ratio |") == ["| ratio | 1.10 |"]
    assert lines_of(page, "| overhead (s) |") == ["| overhead (s) | 0.100 |"]
    assert lines_of(page, "| 180 |") == ["| 180 | 8.00 | 10.00 | 100 | 100 | 0.04 |"]
    assert lines_of(page, "| 2 |") == ["| 2 | 6.00 | 11.00 | 400 | 200 | 1.87 |"]


def test_the_page_says_what_was_measured_with_what() -> None:
    page = markdown(REPORT)
    for fact in (REPORT.command, "Some Processor", "ffmpeg 7.1", "talk.mp4", "every 8.33 s", "ab" * 32):
        assert fact in page


def test_every_row_of_a_table_has_a_cell_for_each_column() -> None:
    for table in tables_of(REPORT):
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_sections_that_were_not_measured_are_left_out() -> None:
    assert list(tables_of(BARE)) == []
    assert "a single key frame" in markdown(replace(BARE, footage=replace(BARE.footage, key_frame_distance_s=None)))


@pytest.mark.parametrize("report", [REPORT, BARE], ids=["everything", "nothing"])
def test_a_page_and_its_figure_are_written(report: Report, tmp_path: Path) -> None:
    page, figure = write(report, tmp_path / "docs")
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert str(figure.relative_to(page.parent)) in page.read_text()


def test_a_report_is_json() -> None:
    assert json.loads(json.dumps(asdict(REPORT)))["speed"]["ratios"][FFMPEG]["wall_s"] == 0.75


def test_the_distance_of_key_frames_is_a_median_whatever_their_order() -> None:
    assert distance([8.0, 0.0, 2.0, 4.0]) == 2.0
    assert distance([1.0]) is None
