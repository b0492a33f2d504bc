"""`mien workspaces …`: tenants and how much each may have."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import console
from cli.reach import DEFAULT_HOME, Home, open_sessions

PANEL = "Access"
NONE = "none"

Limit = str | None


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
    from shared.db.workspaces import LIMITS, list_workspaces

    with open_sessions(home) as sessions, transaction(sessions) as session:
        found = list_workspaces(session)
    rows = [
        (
            each.name,
            *(str(getattr(each.limits, name) or "-") for name in LIMITS),
            each.created_at.isoformat(timespec="minutes"),
        )
        for each in found
    ]
    console.table(("name", *(name.replace("_", " ") for name in LIMITS), "created"), rows)


def limit(
    name: Annotated[str, typer.Argument(help="The workspace.")],
    running_segments: Annotated[Limit, typer.Option(help="Worked on at once, by all workers together.")] = None,
    open_jobs: Annotated[Limit, typer.Option(help="Jobs that are not over.")] = None,
    jobs_per_day: Annotated[Limit, typer.Option(help="Jobs accepted in any 24 hours.")] = None,
    stored_bytes: Annotated[Limit, typer.Option(help="Recordings that are kept.")] = None,
    requests_per_minute: Annotated[Limit, typer.Option(help="Of each key, at each API process.")] = None,
    video_days: Annotated[Limit, typer.Option(help="How long recordings are kept.")] = None,
    result_days: Annotated[Limit, typer.Option(help="How long jobs and results are kept.")] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Set limits of a workspace; what is not named stays, and `none` takes a limit away."""
    given = {
        "max_running_segments": _whole(running_segments),
        "max_open_jobs": _whole(open_jobs),
        "max_jobs_per_day": _whole(jobs_per_day),
        "max_stored_bytes": _whole(stored_bytes),
        "requests_per_minute": _whole(requests_per_minute),
        "video_retention_days": _number(video_days),
        "result_retention_days": _number(result_days),
    }
    _limit(home, name, {limit: None if value == NONE else value for limit, value in given.items() if value is not None})


def _limit(home: Home, name: str, limits: dict[str, object]) -> None:
    from shared.db.audit import write_down
    from shared.db.engine import transaction
    from shared.db.workspaces import find_workspace, limit_workspace
    from shared.domain.audit import Deed
    from shared.domain.errors import NotFound
    from shared.domain.ids import to_wire

    with open_sessions(home) as sessions, transaction(sessions) as session:
        try:
            workspace = find_workspace(session, name)
        except NotFound as error:
            raise console.Failure(error.detail) from None
        limit_workspace(session, workspace.id, **limits)
        target = to_wire("wsp", workspace.id)
        write_down(
            session,
            Deed(workspace_id=workspace.id, actor="command line", action="workspace.changed", target=target),
        )


def _number(text: str | None) -> float | str | None:
    """A positive number or `none`; None when the option was not given. Raises typer.BadParameter."""
    if text is None or text == NONE:
        return text
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 2**53:
        raise typer.BadParameter(f"'{text}' is neither a positive number nor 'none'")
    return value


def _whole(text: str | None) -> int | str | None:
    value = _number(text)
    if isinstance(value, float) and value != int(value):
        raise typer.BadParameter(f"'{text}' is no whole number")
    return int(value) if isinstance(value, float) else value
