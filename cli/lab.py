"""`mien lab`: where the models that a worker loads are made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli import console, lab_judge, lab_prepare, lab_steady
from cli.progress import progress_bar

PANEL = "Working on Mien"


def register(app: typer.Typer) -> None:
    lab = typer.Typer(help="Make the models that a worker loads.", no_args_is_help=True)
    prepare = typer.Typer(help="Make a data folder out of a data set.", no_args_is_help=True)
    lab_prepare.register(prepare)
    lab.add_typer(prepare, name="prepare")
    lab.command()(train)
    lab_judge.register(lab)
    lab_steady.register(lab)
    app.add_typer(lab, name="lab", rich_help_panel=PANEL)


def train(
    name: Annotated[str, typer.Argument(metavar="RECIPE", help="Such as mien-net; any other word lists them.")],
    data: Annotated[Path, typer.Option("--data", help="A data folder that `prepare` made.")],
    out: Annotated[Path, typer.Option("--out", file_okay=False, help="The run's folder.")],
    epochs: Annotated[int | None, typer.Option(min=1, help="In all; the recipe's own number if not given.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the folder's checkpoint.")] = False,
    precision: Annotated[
        Literal["float32", "bfloat16"] | None, typer.Option(help="What the processor is quicker with if not given.")
    ] = None,
    soft: Annotated[
        Path | None, typer.Option("--soft-targets", help="A .npy of probabilities to learn instead of the labels.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="To begin with, for a recipe that takes them.")] = None,
) -> None:
    """Train a network by a recipe, an epoch and a checkpoint at a time."""
    from lab.training.command import Refused, Request, run_training

    request = Request(
        recipe=name,
        data=data,
        out=out,
        epochs=epochs,
        seed=seed,
        resume=resume,
        precision=precision,
        soft=soft,
        weights=weights,
    )
    try:
        with progress_bar("Starting") as update:
            rows = run_training(request, update)
    except Refused as refused:
        raise console.Failure(str(refused)) from refused
    best = max(rows, key=lambda row: float(row["accuracy_mirrored"]))
    print(
        f"{out}: best of {len(rows)} epochs is {best['epoch']}, {best['accuracy_mirrored']:.2%} on the validation split"
    )
