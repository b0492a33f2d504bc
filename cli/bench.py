"""`mien bench`: what Mien costs, beside programs that do parts of the same work."""

from __future__ import annotations

import json
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import console

if TYPE_CHECKING:
    from bench import faults as under
    from bench import service as serving
    from bench.jobs import Jobs
    from bench.run import Extent, Report
    from bench.tables import Table

PANEL = "Working on Mien"


class Section(StrEnum):
    """The same words as in `bench.run`, which is imported only when the command runs."""

    SPEED = "speed"
    PROFILE = "profile"
    AGREEMENT = "agreement"
    GROWTH = "growth"
    SCALING = "scaling"
    FORMATS = "formats"
    JOBS = "jobs"


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Measure what Mien costs.")
    group.command()(pipeline)
    group.command()(jobs)
    group.command()(faults)
    group.command()(service)
    group.command()(page)
    app.add_typer(group, name="bench", rich_help_panel=PANEL)


def pipeline(
    video: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="The recording; a loop of the demo without it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all numbers as JSON, and nothing else.")] = False,
    repeats: Annotated[int | None, typer.Option(min=1, help="Runs of which the median counts; 3 by default.")] = None,
    minutes: Annotated[
        str | None, typer.Option(help="Lengths for the growth, in minutes; 1,5,30,180 by default.")
    ] = None,
    only: Annotated[list[Section] | None, typer.Option(help="A section to measure; may be repeated.")] = None,
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="A folder for performance.md and its figure.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One short run of Mien and ffmpeg.")] = False,
) -> None:
    """Measure the pipeline beside ffmpeg, fer and the prototype's way.

    Needs ffmpeg, some gigabytes for the longest loop, and a machine that does nothing else meanwhile.
    """
    from bench.run import bench_pipeline

    extent = _extent(repeats, minutes, only, quick=quick)
    command = _command(video, repeats, minutes, only, out, quick=quick)
    with _failing():
        report = bench_pipeline(video, extent, command, console.note, _bench_jobs)
        if out is not None:
            _write(report, out)
    if as_json:
        print(json.dumps(asdict(report), indent=2))
    else:
        _show(report)


def jobs(
    video: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="The recording; a loop of the demo without it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all numbers as JSON, and nothing else.")] = False,
    repeats: Annotated[int, typer.Option(min=1, help="Runs of the whole way of which the median counts.")] = 3,
) -> None:
    """Measure what the service adds to the pipeline: overhead, waiting behind a long job, the whole way.

    Starts an embedded stack of its own and throws it away. Needs ffmpeg.
    """
    with _failing():
        measured = asdict(_bench_jobs(video, repeats))
    if as_json:
        print(json.dumps(measured, indent=2))
        return
    for section, numbers in measured.items():
        for name, number in numbers.items():
            print(f"{section:<10}{name:<18}{number:g}")


def _bench_jobs(video: Path | None, repeats: int) -> Jobs:
    from bench.jobs import bench_jobs
    from bench.media import benchmark_recording
    from cli.run import start
    from cli.stack.stack import EmbeddedStack

    with tempfile.TemporaryDirectory(prefix="mien-bench-") as name:
        folder = Path(name)
        recording = video.resolve() if video else benchmark_recording(folder)
        with EmbeddedStack(folder / "home", port=0, note=console.note) as stack:
            return bench_jobs(start(stack, folder / "home"), recording, folder, repeats, console.note)


def faults(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds with the broker, and as many without.")] = 5,
    jobs: Annotated[int, typer.Option(min=1, help="Short recordings that a round submits at once.")] = 40,
    requests: Annotated[int, typer.Option(min=2, help="Submissions that a round times, one after the other.")] = 300,
    rescues: Annotated[int, typer.Option(min=0, help="Kills of a worker, and of an analyser; 0: none.")] = 3,
    report: Annotated[Path | None, typer.Option(help="Write the report as JSON, too.")] = None,
) -> None:
    """Measure what faults cost: work without a broker, acceptance while it is silent, rescues after kills.

    Starts a deployment of its own and throws it away. Needs a quarter of an hour, and a machine that does nothing else.
    """
    from bench.faults import Extent, tables_of

    with _failing():
        measured = _bench_faults(Extent(rounds=rounds, jobs=jobs, requests=requests, rescues=rescues))
    if report is not None:
        report.write_text(json.dumps(asdict(measured), indent=2) + "\n")
    _show_tables(tables_of(measured))


def _bench_faults(extent: under.Extent) -> under.Faults:
    """In a folder that stays where something went wrong, because the logs in it say why."""
    from bench.faults import bench_faults
    from bench.measure import BenchFailed
    from cli.deployment import deployed
    from cli.stack.signals import ending_as_interrupt

    folder = Path(tempfile.mkdtemp(prefix="mien-bench-"))
    try:
        with ending_as_interrupt(), deployed(folder) as deployment:
            measured = bench_faults(deployment, extent, console.note)
    except (AssertionError, BenchFailed, console.Failure) as failed:
        raise BenchFailed(f"{failed}\nData and logs are in {folder}.") from failed
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    return measured


def service(
    jobs: Annotated[int, typer.Option(min=1000, help="Jobs that are stored before anything is measured.")] = 1_000_000,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds of which the median counts.")] = 3,
    seconds: Annotated[
        float, typer.Option(min=1, help="Of polls in a round, and three quarters of it of submits.")
    ] = 20,
    large_mb: Annotated[int, typer.Option(min=1, help="Size of the recording that is uploaded.")] = 1000,
    report: Annotated[Path | None, typer.Option(help="Write the report as JSON, too.")] = None,
) -> None:
    """Measure the service: polls, submissions and lists with a million jobs stored, and uploads beside the disk.

    Starts an API of its own and throws it away. Needs curl, and a machine that does nothing else.
    """
    from bench.service import Extent, tables_of

    extent = Extent(
        jobs=jobs, repeats=repeats, polls_s=seconds, submits_s=0.75 * seconds, large_bytes=large_mb * 1_000_000
    )
    with _failing():
        measured = _bench_service(extent)
    if report is not None:
        report.write_text(json.dumps(asdict(measured), indent=2) + "\n")
    _show_tables(tables_of(measured))


def _bench_service(extent: serving.Extent) -> serving.ServiceFigures:
    from bench.service import bench_service
    from cli.served import bare_server, served
    from cli.stack.signals import ending_as_interrupt

    with tempfile.TemporaryDirectory(prefix="mien-bench-") as name, ending_as_interrupt():
        folder = Path(name)
        with served(folder, extent.jobs, console.note) as server:
            return bench_service(server, bare_server, folder, extent, console.note)


def page(
    repeats: Annotated[int, typer.Option(min=1, help="Rounds of which the median counts.")] = 5,
) -> None:
    """Measure in Chromium how fast a report of three hours opens and pans. Needs Debian's package chromium."""
    from bench.page import bench_page, table_of
    from cli.shown import shown

    with _failing(), tempfile.TemporaryDirectory(prefix="mien-bench-") as name, shown(Path(name), console.note) as page:
        measured = bench_page(page, repeats, console.note)
    _show_tables([table_of(measured)])


def _extent(repeats: int | None, minutes: str | None, only: list[Section] | None, *, quick: bool) -> Extent:
    from bench import run

    extent = run.QUICK if quick else run.Extent()
    if repeats is not None:
        extent = replace(extent, repeats=repeats)
    if minutes is not None:
        extent = replace(extent, minutes=_lengths(minutes))
    if only:
        extent = replace(extent, sections=tuple(run.Section(name.value) for name in only))
    return extent


def _lengths(minutes: str) -> tuple[float, ...]:
    try:
        lengths = tuple(float(length) for length in minutes.split(","))
    except ValueError:
        lengths = ()
    if not lengths or not all(0 < length < float("inf") for length in lengths):
        raise typer.BadParameter("--minutes takes numbers above 0 with commas between, such as 1,5,30")
    return lengths


def _command(
    video: Path | None,
    repeats: int | None,
    minutes: str | None,
    only: list[Section] | None,
    out: Path | None,
    *,
    quick: bool,
) -> str:
    """The command as somebody else would type it: of an absolute path only the name is kept."""
    words = ["./mien", "bench", "pipeline"]
    words += [video.name if video.is_absolute() else str(video)] if video else []
    words += ["--repeats", str(repeats)] if repeats is not None else []
    words += ["--minutes", minutes] if minutes is not None else []
    words += [word for name in only or () for word in ("--only", name.value)]
    words += ["--out", out.name if out.is_absolute() else str(out)] if out else []
    return shlex.join([*words, *(["--quick"] if quick else [])])


@contextmanager
def _failing() -> Iterator[None]:
    """Say what went wrong as the other commands do."""
    from bench.measure import BenchFailed
    from shared.domain.errors import MienError

    try:
        yield
    except BenchFailed as failed:
        raise console.Failure(str(failed)) from failed
    except MienError as error:
        raise console.Failure(f"{error.code}: {error.detail}") from error
    except KeyboardInterrupt:
        raise console.Failure("stopped") from None


def _write(report: Report, out: Path) -> None:
    from bench.report import write

    for path in write(report, out):
        console.note(f"wrote {path}")


def _show(report: Report) -> None:
    from rich.console import Console

    from bench.report import facts
    from bench.tables import tables_of

    _show_tables(tables_of(report))
    terminal = Console(highlight=False)
    for line in facts(report):
        terminal.print(line, style="dim", markup=False)


def _show_tables(tables: Iterable[Table]) -> None:
    from rich import box
    from rich import table as drawn
    from rich.console import Console

    terminal = Console(highlight=False)
    for shown in tables:
        table = drawn.Table(
            title=shown.title, title_justify="left", caption=shown.note, caption_justify="left", box=box.SIMPLE
        )
        for number, name in enumerate(shown.columns):
            table.add_column(name, justify="right" if number else "left")
        for row in shown.rows:
            table.add_row(*row)
        terminal.print(table)
