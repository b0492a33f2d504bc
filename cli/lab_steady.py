"""`mien lab steady`: how models behave on recordings, which nobody has labelled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import console
from cli.lab_judge import command_of, words_of


def register(group: typer.Typer) -> None:
    group.command()(steady)


def steady(
    videos: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, metavar="VIDEO", help="Recordings.")
    ],
    models: Annotated[str, typer.Option(help="With commas between, named as for `evaluate`.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="The folder to write the report to.")],
    deepface_weights: Annotated[
        Path | None, typer.Option(file_okay=False, help="The folder that holds facial_expression_model_weights.h5.")
    ] = None,
) -> None:
    """Let models read the subject of recordings, and see how little it takes to make them say something else.

    Writes steady.json and steady.md.
    """
    from cli.failing import failing_with_code
    from cli.progress import progress_bar
    from lab.judge.steady import judge_steadiness
    from lab.judge.steady_report import figures_table
    from lab.models.catalogue import open_models

    words = words_of(models)
    command = command_of("steady", *videos, models=words, out=out, deepface_weights=deepface_weights)
    try:
        with failing_with_code(), progress_bar("Reading") as update:
            found = judge_steadiness(videos, open_models(words, deepface_weights), out, command, update)
    except KeyboardInterrupt:
        raise console.Failure("stopped") from None
    print(figures_table(found["models"]))
    for model in found["models"]:
        if model["status"] != "ready":
            console.note(f"{model['model']} is unavailable: {model['reason']}")
    console.note(f"wrote {out / 'steady.md'}")
