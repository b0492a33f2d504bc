"""Finds the Mien that a command speaks to: the one named, or the embedded one that runs in a home."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import Failure

if TYPE_CHECKING:
    from mien import Client
    from shared.db.engine import Sessions

Home = Annotated[
    Path, typer.Option("--home", envvar="MIEN_HOME", help="Where an embedded stack keeps its data.", show_default=True)
]
Url = Annotated[
    str | None,
    typer.Option("--url", envvar="MIEN_URL", help="Address of the server; else the one that runs in --home."),
]
Key = Annotated[str | None, typer.Option("--key", envvar="MIEN_KEY", help="API key.", show_envvar=True)]
DEFAULT_HOME = Path(".mien")
RETRY_S = 10.0
KEY_FILE = "key"


def running_stack(home: Path) -> dict[str, str]:
    """What the stack in a home said of itself; empty when none runs."""
    from cli.stack.home import Home as StackHome
    from cli.stack.home import read_json

    return read_json(StackHome(home).running)


def address_and_key(home: Path, url: str | None, key: str | None) -> tuple[str, str]:
    """Raises Failure that says how to name a server, when none is named and none runs."""
    url = url or running_stack(home).get("url")
    if not url:
        raise Failure(f"no stack runs in {home}; start one with './mien run', or name a server with --url and --key")
    key_file = home / KEY_FILE
    if not key and key_file.exists():
        key = key_file.read_text().strip()
    if not key:
        raise Failure("a key is needed: pass --key or set MIEN_KEY; './mien keys create' makes one")
    return url, key


@contextmanager
def reached(home: Path, url: str | None, key: str | None) -> Iterator[Client]:
    """The server to speak to; what it refuses ends the command with 1 and the code on stderr."""
    import mien
    from cli.failing import failing_with_code

    address, secret = address_and_key(home, url, key)
    try:
        # No proxy leads to this machine; and who waits at a terminal wants to know soon that nobody answers.
        client = mien.Client(address, secret, retry=mien.Retry(for_s=RETRY_S), trust_env=url is not None)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    with failing_with_code(), client:
        yield client


def _configured(home: Path) -> str:
    from cli.processes import load
    from shared.settings import secrets_dir

    if not os.environ.get("MIEN_DATABASE_URL") and not (secrets_dir() / "mien_database_url").exists():
        raise Failure(f"no stack runs in {home}; start one with './mien run', or set MIEN_DATABASE_URL")
    return load().database_url


@contextmanager
def open_sessions(home: Path) -> Iterator[Sessions]:
    """The database of the running embedded stack, or the one that MIEN_DATABASE_URL names."""
    from shared.db.engine import create_db_engine, create_sessions

    engine = create_db_engine(running_stack(home).get("database_url") or _configured(home), pool_size=1)
    try:
        yield create_sessions(engine)
    finally:
        engine.dispose()
