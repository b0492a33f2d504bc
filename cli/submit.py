"""`mien submit`: recordings to a running Mien."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import console
from cli.reach import DEFAULT_HOME, Home, Key, Url, reached

if TYPE_CHECKING:
    from mien import Client

PANEL = "Recordings"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(submit)


def submit(
    recordings: Annotated[
        list[str],
        typer.Argument(help="Files, folders (searched for recordings), https:// addresses, vid_… or upl_… ids."),
    ],
    url: Url = None,
    key: Key = None,
    reference: Annotated[str | None, typer.Option(help="Your id for the candidate or the session.")] = None,
    metadata: Annotated[list[str] | None, typer.Option(metavar="NAME=TEXT", help="Yours; repeat for several.")] = None,
    purpose: Annotated[str | None, typer.Option(help="practice, coaching, research or assessment.")] = None,
    consent_reference: Annotated[str | None, typer.Option(help="Of the person's consent.")] = None,
    priority: Annotated[str | None, typer.Option(help="low, normal or high.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Of the analysis, such as interval_s=1; repeat.")
    ] = None,
    webhook_url: Annotated[str | None, typer.Option(help="Told of the end of each job, or of the batch.")] = None,
    parallel: Annotated[int, typer.Option(min=1, max=32, help="Files sent at once.")] = 2,
    as_batch: Annotated[bool, typer.Option("--batch", help="One status for all; prints the id of the batch.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow to the end and show the results.")] = False,
    home: Home = DEFAULT_HOME,
) -> None:
    """Submit recordings and print the id of each job, alone and in order.

    What was cut off goes on where it was when the same command is given again. Without --url they go to the embedded
    stack that runs in --home. Ends with 1 when one was refused or failed.
    """
    from cli.batches import watch_batch
    from cli.sending import every_recording, pairs, submit_batch, submit_each, values

    said: dict[str, Any] = {
        "reference": reference,
        "metadata": pairs(metadata),
        "purpose": purpose,
        "consent_reference": consent_reference,
        "priority": priority,
        "options": values(option),
        "webhook_url": webhook_url,
    }
    fields = {name: value for name, value in said.items() if value}
    found = every_recording(recordings)
    with reached(home, url, key) as client:
        if as_batch:
            batch_id = submit_batch(client, found, fields, parallel)
            complete = not wait or watch_batch(client, batch_id)
        else:
            ids, complete = submit_each(client, found, fields, parallel)
            complete = (not wait or show_each(client, ids)) and complete
    raise typer.Exit(0 if complete else 1)


def show_each(client: Client, ids: list[str]) -> bool:
    """Follow each job to its end and show its result. False when one has none, which is said."""
    import mien
    from cli.failing import told
    from cli.progress import follow
    from cli.result import show_result

    complete = True
    for job_id in ids:
        try:
            job = follow(client, job_id)
            show_result(client.result(job).raw)
            print(f"Report: {job.links['report']}", flush=True)
        except mien.MienError as error:
            console.note(f"{job_id}: {told(error)}")
            complete = False
    return complete
