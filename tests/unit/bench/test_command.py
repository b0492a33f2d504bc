"""What the command line of the benchmarks accepts, and how it is repeated in the report."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from bench import run
from cli import bench


def test_the_sections_are_those_that_are_measured() -> None:
    assert [name.value for name in bench.Section] == [name.value for name in run.Section]


def test_the_quick_form_measures_mien_and_ffmpeg_once() -> None:
    extent = bench._extent(None, None, None, quick=True)
    assert (extent.repeats, extent.minutes, extent.systems) == (1, (1.0,), ("mien", "ffmpeg"))


def test_what_is_said_goes_before_what_is_quick() -> None:
    extent = bench._extent(2, "0.5,3", [bench.Section.GROWTH], quick=True)
    assert (extent.repeats, extent.minutes, extent.sections) == (2, (0.5, 3.0), (run.Section.GROWTH,))


@pytest.mark.parametrize("minutes", ["", "1,two", "0", "-1", "1,,2", "inf", "nan"])
def test_lengths_that_are_none_are_refused(minutes: str) -> None:
    with pytest.raises(typer.BadParameter, match="commas"):
        bench._lengths(minutes)


def test_the_report_repeats_the_command_without_the_paths_of_this_machine() -> None:
    command = bench._command(Path("/home/me/my talk.mp4"), 5, "1,5", [bench.Section.SPEED], Path("docs"), quick=False)
    assert command == "./mien bench pipeline 'my talk.mp4' --repeats 5 --minutes 1,5 --only speed --out docs"
