"""`mien jobs …`: look at jobs, follow them, end them, erase them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli import console
from cli.reach import DEFAULT_HOME, Home, Key, Url, reached

if TYPE_CHECKING:
    from mien import Job

PANEL = "Recordings"
HEAD = ("id", "state", "done", "created", "reference", "error")

Ids = Annotated[list[str], typer.Argument(help="Ids, as `jobs list` shows them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    jobs = typer.Typer(no_args_is_help=True, help="List, show, watch, cancel, retry and erase jobs.")
    jobs.command("list")(list_jobs)
    for command in (show, watch, cancel, retry, erase):
        jobs.command()(command)
    app.add_typer(jobs, name="jobs", rich_help_panel=PANEL)


def list_jobs(
    state: Annotated[list[str] | None, typer.Option(help="Repeat for several.")] = None,
    reference: Annotated[str | None, typer.Option(help="Your id.")] = None,
    metadata: Annotated[list[str] | None, typer.Option(metavar="NAME=TEXT", help="Yours; repeat for several.")] = None,
    purpose: Annotated[str | None, typer.Option(help="practice, coaching, research or assessment.")] = None,
    video: Annotated[str | None, typer.Option(help="Id of the recording.")] = None,
    batch: Annotated[str | None, typer.Option(help="Id of the batch.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Created at this time or later.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Created before this time.")] = None,
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="Instead of the newest.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0: all.")] = 50,
    as_json: AsJson = False,
    url: Url = None,
    key: Key = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """List jobs, newest first. Times without a zone are of this machine's."""
    from itertools import islice

    from cli.sending import pairs

    with reached(home, url, key) as client:
        found = client.jobs(
            state=state or (),
            reference=reference,
            purpose=purpose,
            video_id=video,
            batch=batch,
            metadata=pairs(metadata),
            created_after=since.astimezone() if since else None,
            created_before=until.astimezone() if until else None,
            order="asc" if oldest_first else None,
        )
        print_jobs(islice(found, limit or None), as_json=as_json)


def show(job_ids: Ids, as_json: AsJson = False, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """Show how jobs stand, now."""
    with reached(home, url, key) as client:
        print_jobs((client.job(job_id) for job_id in job_ids), as_json=as_json)


def watch(job_ids: Ids, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """Follow jobs to their end. Ends with 1, and the code on stderr, when one has no result."""
    from cli.failing import each
    from cli.progress import follow

    with reached(home, url, key) as client:
        each(job_ids, lambda job_id: print(follow(client, job_id).id, "succeeded", flush=True))


def cancel(job_ids: Ids, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """Stop jobs that have no result yet."""
    from cli.failing import each

    with reached(home, url, key) as client:
        each(job_ids, client.cancel)


def retry(job_ids: Ids, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """Analyse the recordings of failed or canceled jobs again, and print the ids of the new jobs."""
    from cli.failing import each

    with reached(home, url, key) as client:
        each(job_ids, lambda job_id: print(client.retry(job_id).id, flush=True))


def erase(job_ids: Ids, yes: Yes = False, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """Erase jobs and all that came of them, and print the receipts. Recordings stay while another job has them."""
    from cli.failing import each

    with reached(home, url, key) as client:
        confirm(f"Erase {len(job_ids)} job(s) and all that came of them?", yes=yes)
        each(job_ids, lambda job_id: print(json.dumps(client.erase(job_id).raw), flush=True))


def confirm(question: str, *, yes: bool) -> None:
    """Ask on stderr. Raises Exit with 1 for a no."""
    if not yes and not typer.confirm(question, err=True):
        console.note("Nothing was erased.")
        raise typer.Exit(1)


def print_jobs(found: Iterable[Job], *, as_json: bool) -> None:
    """As lines of JSON, each when it comes, or as a table."""
    if as_json:
        for job in found:
            print(json.dumps(job.raw), flush=True)
    else:
        console.table(HEAD, map(_row, found))


def _row(job: Job) -> tuple[str, ...]:
    created = job.created_at.astimezone().isoformat(sep=" ", timespec="seconds")
    error = job.error.code if job.error else "-"
    return (job.id, job.state, f"{job.progress.percent:.0f} %", created, job.reference or "-", error)
