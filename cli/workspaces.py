"""`mien workspaces …`: tenants and how much of the workers each may take."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import console
from cli.console import Failure
from cli.reach import DEFAULT_HOME, Home, open_sessions

PANEL = "Access"


def register(app: typer.Typer) -> None:
    workspaces = typer.Typer(no_args_is_help=True, help="Create, list and limit workspaces.")
    workspaces.command()(create)
    workspaces.command("list")(list_all)
    workspaces.command()(limit)
    app.add_typer(workspaces, name="workspaces", rich_help_panel=PANEL)


def create(
    name: Annotated[str, typer.Argument(help="What it is called from now on.")], home: Home = DEFAULT_HOME
) -> None:
    """Create a workspace; nothing happens when there is one of that name."""
    from shared.db.engine import transaction
    from shared.db.workspaces import ensure_workspace

    with open_sessions(home) as sessions, transaction(sessions) as session:
        print(ensure_workspace(session, name))


def list_all(home: Home = DEFAULT_HOME) -> None:
    """List workspaces and their limits."""
    from shared.db.engine import transaction
    from shared.db.workspaces import list_workspaces

    with open_sessions(home) as sessions, transaction(sessions) as session:
        found = list_workspaces(session)
    rows = [
        (each.name, str(each.max_running_segments or "-"), each.created_at.isoformat(timespec="minutes"))
        for each in found
    ]
    console.table(("name", "running segments", "created"), rows)


def limit(
    name: Annotated[str, typer.Argument(help="The workspace.")],
    running_segments: Annotated[
        int | None, typer.Option("--running-segments", min=1, help="At once, over all workers. Without it: no limit.")
    ] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Limit how much of the workers a workspace may take; it holds for the next claim."""
    from shared.db.engine import transaction
    from shared.db.workspaces import limit_workspace

    with open_sessions(home) as sessions, transaction(sessions) as session:
        if not limit_workspace(session, name, running_segments):
            raise Failure(f"there is no workspace called {name}")
