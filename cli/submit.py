"""`mien submit`: recordings to a running Mien."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import console
from cli.reach import DEFAULT_HOME, Home, address_and_key

if TYPE_CHECKING:
    from cli.service import Service

PANEL = "Recordings"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(submit)


def submit(
    videos: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, help="Recordings.")],
    url: Annotated[str | None, typer.Option(envvar="MIEN_URL", help="Address of the server.")] = None,
    key: Annotated[str | None, typer.Option(envvar="MIEN_KEY", help="API key.", show_envvar=True)] = None,
    reference: Annotated[str | None, typer.Option(help="Your id for the candidate or the session.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow each job to its end and show its result.")] = False,
    home: Home = DEFAULT_HOME,
) -> None:
    """Submit recordings and print the id of each job.

    Without --url they go to the embedded stack that runs in --home. Ends with 1 when one was refused or failed.
    """
    from cli.service import Refused, Service

    service = Service(*address_and_key(home, url, key))
    fields = {"reference": reference} if reference else {}
    failed = 0
    for video in videos:
        try:
            job = send(service, video, fields)
            print(job["id"], flush=True)
            if wait:
                _show(follow(service, job["id"]), service)
        except Refused as error:
            console.note(f"{video.name}: {error}")
            failed += 1
    raise typer.Exit(1 if failed else 0)


def send(service: Service, video: Path, fields: dict[str, str]) -> dict[str, Any]:
    """Upload with a progress bar. Raises Refused."""
    from cli.progress import progress_bar

    size_bytes = video.stat().st_size
    with progress_bar("Sending") as update:
        return service.submit(video, fields, lambda sent: update("Sending", sent, size_bytes))


def follow(service: Service, job_id: str) -> dict[str, Any]:
    """Show live progress until the job is over. Raises Refused with the job's code when it failed."""
    from cli.progress import progress_bar
    from cli.service import Refused

    with progress_bar("Waiting") as update:
        for job in service.follow(job_id):
            progress = job["progress"]
            update(job["state"].capitalize(), progress["samples_done"], progress["samples_total"])
    if job["state"] != "succeeded":
        error = job["error"] or {"code": job["state"], "detail": f"the job was {job['state']}"}
        raise Refused(error["code"], error["detail"])
    return dict(job)


def _show(job: dict[str, Any], service: Service) -> None:
    from cli.result import show_result

    show_result(service.result(job["id"]))
    print(f"Report: {job['links']['report']}")
