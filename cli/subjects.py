"""`mien subjects erase`: everything that is kept of one person."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from cli.reach import DEFAULT_HOME, Home, Key, Url, reached

PANEL = "Access"


def register(app: typer.Typer) -> None:
    subjects = typer.Typer(no_args_is_help=True, help="Erase all data of one person.")
    subjects.callback()(lambda: None)  # else typer takes the only command for the whole
    subjects.command()(erase)
    app.add_typer(subjects, name="subjects", rich_help_panel=PANEL)


def erase(
    reference: Annotated[str, typer.Argument(help="Under which the recordings were submitted.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    url: Url = None,
    key: Key = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Erase everything that was submitted under a reference, and print the receipt as JSON."""
    from cli.jobs import confirm

    with reached(home, url, key) as client:
        confirm(f"Erase all recordings, results and pictures of '{reference}'?", yes=yes)
        print(json.dumps(client.erase_subject(reference).raw, indent=2))
