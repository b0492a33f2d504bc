"""The `mien` command, composed of one file per group of commands.

Each group has `register(app)`. Groups import what their commands need only when a
command runs, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from cli import console

GROUPS = (
    "run",
    "analyze",
    "submit",
    "jobs",
    "results",
    "batches",
    "uploads",
    "webhooks",
    "subjects",
    "keys",
    "workspaces",
    "processes",
    "testing",
    "chaos",
    "fuzz",
    "checking",
    "bench",
    "lab",
    "openapi",
)
"""In the order of `--help`; a group is `cli/<name>.py`."""


def create_app() -> typer.Typer:
    app = typer.Typer(
        name="mien",
        help="Mien analyses displayed facial expression in long interview recordings, on your own machine.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name in GROUPS:
        import_module(f"cli.{name}").register(app)
    return app


def main() -> None:
    try:
        create_app()(prog_name="mien")
    except console.Failure as failure:
        console.complain(failure)
        sys.exit(1)
