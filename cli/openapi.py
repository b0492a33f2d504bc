"""`mien openapi`: the document of the HTTP interface."""

from __future__ import annotations

import json

import typer

PANEL = "Working on Mien"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(openapi)


def openapi() -> None:
    """Print the OpenAPI document."""
    from api.main import create_app
    from shared.settings import Settings

    document = create_app(Settings(database_url="postgresql+psycopg2://")).openapi()
    print(json.dumps(document, indent=2))
