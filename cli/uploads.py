"""`mien uploads …`: resumable uploads that are not complete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import console
from cli.reach import DEFAULT_HOME, Home, Key, Url, reached

if TYPE_CHECKING:
    from mien import Upload

PANEL = "Recordings"
HEAD = ("id", "bytes", "of", "name", "expires")

UploadId = Annotated[str, typer.Argument(help="As `uploads list` shows it.")]


def register(app: typer.Typer) -> None:
    uploads = typer.Typer(no_args_is_help=True, help="List, resume and cancel uploads.")
    uploads.command("list")(list_uploads)
    for command in (resume, cancel):
        uploads.command()(command)
    app.add_typer(uploads, name="uploads", rich_help_panel=PANEL)


def list_uploads(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")] = False,
    url: Url = None,
    key: Key = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """List uploads that are not complete."""
    with reached(home, url, key) as client:
        found = client.uploads()
        if as_json:
            for upload in found:
                print(json.dumps(upload.raw), flush=True)
        else:
            console.table(HEAD, map(_row, found))


def resume(
    upload_id: UploadId,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The same file.")],
    url: Url = None,
    key: Key = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Go on with an upload, and print the id of the recording it has become; `mien submit` makes a job of that."""
    from functools import partial

    from cli.progress import progress_bar

    with reached(home, url, key) as client, progress_bar("Sending", in_bytes=True) as update:
        done = client.upload(file, upload=upload_id, progress=partial(update, "Sending"))
    print(done.video_id)


def cancel(
    upload_ids: Annotated[list[str], typer.Argument(help="As `uploads list` shows them.")],
    url: Url = None,
    key: Key = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """End uploads that are not complete, and forget their bytes."""
    from cli.failing import each

    with reached(home, url, key) as client:
        each(upload_ids, client.cancel_upload)


def _row(upload: Upload) -> tuple[str, ...]:
    expires = upload.expires_at.astimezone().isoformat(sep=" ", timespec="seconds") if upload.expires_at else "-"
    of = "-" if upload.length_bytes is None else str(upload.length_bytes)
    return (upload.id, str(upload.offset_bytes), of, upload.name or "-", expires)
