"""`mien keys …` and `mien login`: who may ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import console
from cli.console import Failure
from cli.reach import DEFAULT_HOME, Home, open_sessions, running_stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from shared.domain.access import Scope
    from shared.domain.audit import AuditAction
    from shared.domain.ids import KeyId

PANEL = "Access"
Workspace = Annotated[str, typer.Option(help="The tenant; made if there is none of that name.")]


def register(app: typer.Typer) -> None:
    keys = typer.Typer(no_args_is_help=True, help="Create, list, rotate and revoke API keys.")
    for command in (create, list_keys, rotate, revoke):
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

    scopes = _scopes(scope, ("jobs:read", "jobs:write"))
    with open_sessions(home) as sessions, transaction(sessions) as session:
        key = create_key(session, ensure_workspace(session, workspace), name, scopes)
        _write_down(session, _id_of(key.split("_")[1]), "key.created")
    print(key)


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
    from shared.db.engine import transaction
    from shared.db.keys import revoke_key

    wanted = _id_of(key_id)
    with open_sessions(home) as sessions, transaction(sessions) as session:
        if not revoke_key(session, wanted):
            raise Failure("there is no such key, or it was revoked before")
        _write_down(session, wanted, "key.revoked")


def rotate(
    key_id: Annotated[str, typer.Argument(help="The id that `keys list` shows.")],
    overlap_hours: Annotated[float, typer.Option(min=0, max=720, help="For which the old secret is good.")] = 24.0,
    home: Home = DEFAULT_HOME,
) -> None:
    """Give a key a new secret and print it. It is shown only now; the old one is good for a day more."""
    from shared.db.engine import transaction
    from shared.db.keys import rotate_key
    from shared.domain.errors import NotFound

    wanted = _id_of(key_id)
    with open_sessions(home) as sessions, transaction(sessions) as session:
        try:
            key = rotate_key(session, wanted, overlap_hours * 3600)
        except NotFound as error:
            raise Failure(error.detail) from None
        _write_down(session, wanted, "key.rotated")
    print(key)


def _id_of(text: str) -> KeyId:
    """With or without the prefix that the API writes. Raises typer.BadParameter."""
    from uuid import UUID

    from shared.domain.ids import KeyId

    try:
        return KeyId(UUID(hex=text.removeprefix("key_")))
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not the id of a key") from None


def _write_down(session: Session, key_id: KeyId, action: AuditAction) -> None:
    from shared.db.audit import write_down
    from shared.db.keys import get_key
    from shared.domain.audit import Deed
    from shared.domain.ids import to_wire

    workspace_id, target = get_key(session, key_id).workspace_id, to_wire("key", key_id)
    write_down(session, Deed(workspace_id=workspace_id, actor="command line", action=action, target=target))


def login(
    workspace: Workspace = "default",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What the browser may do; repeat for several. Default: jobs:read, jobs:write; all of an embedded stack."
        ),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Address of the web page.", envvar="MIEN_PUBLIC_URL")] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Print a link that signs a browser in, once, within ten minutes.

    Where everything is embedded, who may ask for it is the operator, and the default is every scope.
    """
    from shared.domain.access import SCOPES, SESSION_SCOPES

    embedded = running_stack(home).get("url")
    base = url or embedded
    if not base:
        raise Failure("the address of the web page is not known; name it with --url")
    print(login_link(home, base, workspace, _scopes(scope, SCOPES if embedded else SESSION_SCOPES)))


def login_link(home: Path, base: str, workspace: str, scopes: Sequence[Scope], next_path: str = "/") -> str:
    from urllib.parse import urlencode

    from shared.db.engine import transaction
    from shared.db.logins import create_login_token
    from shared.db.workspaces import ensure_workspace

    with open_sessions(home) as sessions, transaction(sessions) as session:
        token = create_login_token(session, ensure_workspace(session, workspace), scopes)
    return f"{base.rstrip('/')}/login?{urlencode({'token': token, 'next': next_path})}"


def _scopes(named: Sequence[str] | None, default: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """Raises typer.BadParameter."""
    from shared.domain.access import SCOPES, in_order

    if named and not set(named) <= set(SCOPES):
        raise typer.BadParameter(f"scopes are {', '.join(SCOPES)}")
    return in_order(named) if named else default
