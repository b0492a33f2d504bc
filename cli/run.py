"""`mien run`: everything embedded, one recording analysed, and its report."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import console
from cli.reach import DEFAULT_HOME, KEY_FILE, Home

if TYPE_CHECKING:
    from cli.stack.stack import EmbeddedStack
    from mien import Client, Result
    from shared.domain.access import Scope

PANEL = "Recordings"
DEMO = Path(__file__).resolve().parent / "demo" / "interview.mp4"
WORKSPACE = "default"
OWN_SCOPES: tuple[Scope, ...] = ("jobs:read", "jobs:write", "webhooks")
GRACE_S = "3"  # who presses Ctrl-C waits for it; what does not end in time goes on with the next start


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(run)


def run(
    video: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, readable=True, help="A recording; a demo one if none is given."),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End after the result instead of serving on.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 takes a free one.")] = 8000,
    analysers: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = os.cpu_count() or 1,
    home: Home = DEFAULT_HOME,
) -> None:
    """Start everything here, analyse a recording, show its report, and serve until Ctrl-C.

    Ends with 0 when the analysis succeeded; with 1 and a code on stderr when it failed.
    """
    from cli.failing import failing_with_code
    from cli.stack.signals import ending_as_interrupt
    from cli.stack.stack import EmbeddedStack

    try:
        with (
            ending_as_interrupt(),
            EmbeddedStack(home, port, analysers, note=console.note) as stack,
            failing_with_code(),
        ):
            with start(stack, home) as client:
                result = analyse(client, (video or DEMO).resolve())
            report(result, as_json, home, stack)
            if not once:
                serve(stack)
    except KeyboardInterrupt:
        console.note("Stopped. Unfinished jobs go on with the next start.")
        raise typer.Exit(0 if not once else 130) from None


def start(stack: EmbeddedStack, home: Path, environment: Mapping[str, str] | None = None) -> Client:
    """Postgres, Valkey, migrations, a key, then our own processes, with further MIEN_* variables if any."""
    from cli.stack.stack import free_port
    from mien import Client
    from shared.db.migrate import migrate

    free_port(stack.port)  # before anything is started for nothing
    with console.spinner("Starting Postgres and Valkey"):
        urls = stack.start_services()
        migrate(urls.database_url)
        key = own_key(home, urls.database_url)
    with console.spinner("Starting Mien"):
        stack.start_processes({"MIEN_COMPAT_WORKSPACE": WORKSPACE, "MIEN_GRACE_S": GRACE_S, **(environment or {})})
    return Client(stack.url, key, trust_env=False)


def analyse(client: Client, video: Path) -> Result:
    """Raises JobFailed, or Problem with the code of what went wrong."""
    from cli.progress import follow, progress_bar

    with progress_bar("Sending", in_bytes=True) as update:
        job = client.submit(video, progress=partial(update, "Sending"))
    return client.result(follow(client, job.id))


def report(result: Result, as_json: bool, home: Path, stack: EmbeddedStack) -> None:
    from cli.keys import login_link
    from cli.result import show_result
    from shared.domain.access import SCOPES

    link = login_link(home, stack.url, WORKSPACE, SCOPES, f"/jobs/{result.job_id}")
    if as_json:
        print(json.dumps(result.raw, indent=2), flush=True)
    else:
        show_result(result.raw)
    console.note(f"Report (this link signs you in once, within ten minutes; './mien login' prints another):\n  {link}")


def serve(stack: EmbeddedStack) -> None:
    """Until Ctrl-C."""
    console.note(f"Serving on {stack.url}. Ctrl-C stops everything; the data stays in {stack.home.path}.")
    while True:
        signal.pause()


def own_key(home: Path, database_url: str) -> str:
    """The key of the command line, in a file that only its owner can read; made anew when it does not work."""
    from shared.db.engine import create_db_engine, create_sessions, transaction
    from shared.db.keys import create_key, principal_of_key
    from shared.db.workspaces import ensure_workspace

    file = home / KEY_FILE
    engine = create_db_engine(database_url, pool_size=1)
    with transaction(create_sessions(engine)) as session:
        key = file.read_text().strip() if file.exists() else ""
        principal = principal_of_key(session, key)
        if principal is None or not principal.scopes.issuperset(OWN_SCOPES):
            workspace_id = ensure_workspace(session, WORKSPACE)
            key = create_key(session, workspace_id, "command line", OWN_SCOPES)
    engine.dispose()
    _write_private(file, key)
    return key


def _write_private(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(text + "\n")
