"""`mien keys …` and `mien login`: who may ask."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import console
from cli.console import Failure
from cli.reach import DEFAULT_HOME, Home, open_sessions, running_stack

PANEL = "Access"
Workspace = Annotated[str, typer.Option(help="The tenant; made if there is none of that name.")]


def register(app: typer.Typer) -> None:
    keys = typer.Typer(no_args_is_help=True, help="Create, list and revoke API keys.")
    for command in (create, list_keys, revoke):
        keys.command("list" if command is list_keys else command.__name__)(command)
    app.add_typer(keys, name="keys", rich_help_panel=PANEL)
    app.command(rich_help_panel=PANEL)(login)


def create(
    workspace: Workspace = "default",
    name: Annotated[str, typer.Option(help="What the key is for.")] = "unnamed",
    scope: Annotated[list[str] | None, typer.Option(help="Repeat for several. Default: jobs:read, jobs:write.")] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Create a key and print it. It is shown only now."""
    from shared.db.engine import transaction
    from shared.db.keys import create_key
    from shared.db.workspaces import ensure_workspace
    from shared.domain.access import SCOPES

    scopes = tuple(known for known in SCOPES if known in (scope or ("jobs:read", "jobs:write")))
    if scope and len(scopes) != len(set(scope)):
        raise typer.BadParameter(f"scopes are {', '.join(SCOPES)}")
    with open_sessions(home) as sessions, transaction(sessions) as session:
        print(create_key(session, ensure_workspace(session, workspace), name, scopes))


def list_keys(home: Home = DEFAULT_HOME) -> None:
    """List keys, without their secrets."""
    from shared.db.engine import transaction
    from shared.db.keys import list_keys as every_key

    rows: list[tuple[str, ...]] = []
    with open_sessions(home) as sessions, transaction(sessions) as session:
        for key in every_key(session):
            times = (key.created_at, key.last_used_at, key.revoked_at)
            shown = [time.isoformat(timespec="minutes") if time else "-" for time in times]
            rows.append((key.id.hex, key.workspace, key.name, ",".join(key.scopes), *shown))
    console.table(("id", "workspace", "name", "scopes", "created", "last used", "revoked"), rows)


def revoke(
    key_id: Annotated[str, typer.Argument(help="The id that `keys list` shows.")], home: Home = DEFAULT_HOME
) -> None:
    """Revoke a key; requests that carry it are refused from now on."""
    from uuid import UUID

    from shared.db.engine import transaction
    from shared.db.keys import revoke_key
    from shared.domain.ids import KeyId

    try:
        wanted = KeyId(UUID(hex=key_id))
    except ValueError:
        raise typer.BadParameter(f"'{key_id}' is not the id of a key") from None
    with open_sessions(home) as sessions, transaction(sessions) as session:
        if not revoke_key(session, wanted):
            raise Failure("there is no such key, or it was revoked before")


def login(
    workspace: Workspace = "default",
    url: Annotated[str | None, typer.Option(help="Address of the web page.", envvar="MIEN_PUBLIC_URL")] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Print a link that signs a browser in, once, within ten minutes."""
    base = url or running_stack(home).get("url")
    if not base:
        raise Failure("the address of the web page is not known; name it with --url")
    print(login_link(home, base, workspace))


def login_link(home: Path, base: str, workspace: str, next_path: str = "/") -> str:
    from urllib.parse import urlencode

    from shared.db.engine import transaction
    from shared.db.logins import create_login_token
    from shared.db.workspaces import ensure_workspace

    with open_sessions(home) as sessions, transaction(sessions) as session:
        token = create_login_token(session, ensure_workspace(session, workspace))
    return f"{base.rstrip('/')}/login?{urlencode({'token': token, 'next': next_path})}"
