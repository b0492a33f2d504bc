"""`mien results`: what came out of a job, in the form one wants."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from cli.reach import DEFAULT_HOME, Home, Key, Url, reached

if TYPE_CHECKING:
    from mien import Artifact, Client

PANEL = "Recordings"


class Format(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"
    ndjson = "ndjson"


class Kind(StrEnum):
    annotated = "annotated"
    playable = "playable"
    report = "report"
    archive = "archive"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(results)


def results(
    job_id: Annotated[str, typer.Argument(help="Of a job that succeeded.")],
    form: Annotated[
        Format, typer.Option("--format", help="table and json: the summary; csv and ndjson: every sample.")
    ] = Format.table,
    artifact: Annotated[
        Kind | None,
        typer.Option(
            help="A file made on demand instead: the recording with boxes, one that browsers play, a page, a ZIP."
        ),
    ] = None,
    language: Annotated[str | None, typer.Option(help="Of a report or an archive, such as ko.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; for artifacts also a folder.")] = None,
    url: Url = None,
    key: Key = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Print or save what came out of a job.

    An artifact is asked for, waited for and saved, in the current folder if --output names nothing else; where it is,
    is printed.
    """
    with reached(home, url, key) as client:
        if artifact is not None:
            print(save_artifact(client, job_id, artifact, language, output or Path()))
        elif form is Format.table:
            show_table(client, job_id, output)
        else:
            with written(output) as file:
                for piece in pieces(client, job_id, form):
                    file.write(piece)


def save_artifact(client: Client, job_id: str, kind: Kind, language: str | None, output: Path) -> Path:
    from cli.progress import progress_bar

    with progress_bar("Making", in_bytes=True) as update:

        def tell(made: Artifact) -> None:
            update(f"Making, {made.percent:.0f} %", 0, None)

        return client.artifact(
            job_id, kind.value, output, language=language, progress=partial(update, "Saving"), making=tell
        )


def show_table(client: Client, job_id: str, output: Path | None) -> None:
    from cli.result import show_result

    if output is not None:
        raise typer.BadParameter("a table is for the terminal; choose --format json, csv or ndjson for a file")
    show_result(client.result(job_id).raw)


def pieces(client: Client, job_id: str, form: Format) -> Iterator[bytes]:
    if form is Format.json:
        yield json.dumps(client.result(job_id).raw, indent=2).encode() + b"\n"
    else:
        yield from client.timeline_text(job_id, "csv" if form is Format.csv else "ndjson")


@contextmanager
def written(output: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that appears when it is whole."""
    if output is None:
        yield sys.stdout.buffer
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
