"""`mien test`: the whole test suite."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

ROOT = Path(__file__).resolve().parent.parent
PANEL = "Working on Mien"


def register(app: typer.Typer) -> None:
    settings = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": ["--help"]}
    app.command("test", rich_help_panel=PANEL, context_settings=settings)(test)


def test(context: typer.Context) -> None:
    """Run the tests, the unit tests first; everything after `test` goes to pytest.

    Useful: -q, -x, -k WORDS, -n 2, tests/unit. Paths are those of the repository.
    """
    import pytest

    os.chdir(ROOT)  # pytest reads `testpaths`, which says what comes first, only from there
    sys.exit(pytest.main(context.args))
