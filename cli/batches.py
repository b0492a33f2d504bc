"""`mien batches …`: several recordings with one status."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from cli import console
from cli.reach import DEFAULT_HOME, Home, Key, Url, reached

if TYPE_CHECKING:
    from mien import Batch, Client

PANEL = "Recordings"
HEAD = ("id", "state", "done", "jobs", "created")

BatchId = Annotated[str, typer.Argument(help="As `submit --batch` prints it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]


def register(app: typer.Typer) -> None:
    batches = typer.Typer(no_args_is_help=True, help="List, show, watch and cancel batches.")
    batches.command("list")(list_batches)
    for command in (show, watch, cancel):
        batches.command()(command)
    app.add_typer(batches, name="batches", rich_help_panel=PANEL)


def list_batches(
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0: all.")] = 50,
    as_json: AsJson = False,
    url: Url = None,
    key: Key = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """List batches, newest first."""
    with reached(home, url, key) as client:
        _print(list(islice(client.batches(), limit or None)), as_json=as_json)


def show(
    batch_id: BatchId, as_json: AsJson = False, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME
) -> None:
    """Show how the jobs of a batch stand, now."""
    with reached(home, url, key) as client:
        _print([client.batch_state(batch_id)], as_json=as_json)


def watch(batch_id: BatchId, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """Follow a batch until all of its jobs are over. Ends with 1 when one has no result."""
    with reached(home, url, key) as client:
        if not watch_batch(client, batch_id):
            raise typer.Exit(1)


def cancel(batch_id: BatchId, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """Stop those of its jobs that have no result yet."""
    with reached(home, url, key) as client:
        _print([client.cancel_batch(batch_id)], as_json=False)


def watch_batch(client: Client, batch_id: str) -> bool:
    """Follow it with a bar, and print how its jobs ended. Whether all succeeded; what did not is said on stderr."""
    from cli.progress import progress_bar

    with progress_bar("Waiting") as update:
        batch = client.wait_for_batch(batch_id, progress=lambda done, of: update("Waiting", done // 100, of // 100))
    print(_counts(batch))
    for job in client.jobs(batch=batch_id, state=("failed", "canceled", "erased")):
        console.note(f"{job.id}: {job.error.code if job.error else job.state}")
    return batch.counts.get("succeeded", 0) == batch.total


def _print(found: list[Batch], *, as_json: bool) -> None:
    if as_json:
        for batch in found:
            print(json.dumps(batch.raw))
    else:
        console.table(HEAD, map(_row, found))


def _row(batch: Batch) -> tuple[str, ...]:
    created = batch.created_at.astimezone().isoformat(sep=" ", timespec="seconds")
    return (batch.id, batch.state, f"{batch.percent:.0f} %", _counts(batch), created)


def _counts(batch: Batch) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(batch.counts.items()))
