"""Progress bars on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from cli.console import stderr

if TYPE_CHECKING:
    from mien import Client, Job

Update = Callable[[str, int, int | None], None]
"""Text, done, total (None or 0 while unknown)."""


@contextmanager
def progress_bars(*, in_bytes: bool = False) -> Iterator[Callable[[str], Update]]:
    """Any number of bars, made as they are called for; nothing on a stderr that is no terminal. Thread-safe."""
    amount = DownloadColumn() if in_bytes else MofNCompleteColumn()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        amount,
        TimeRemainingColumn(),
    )
    console = stderr()
    with Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=sys.stdout.isatty(),  # there it is printed above the bars; elsewhere it has to stay what it is
    ) as progress:

        def add(text: str) -> Update:
            task = progress.add_task(text, total=None)

            def update(text: str, done: int, total: int | None) -> None:
                progress.update(task, description=text, completed=done, total=total or None)

            return update

        yield add


@contextmanager
def progress_bar(text: str, *, in_bytes: bool = False) -> Iterator[Update]:
    """One bar."""
    with progress_bars(in_bytes=in_bytes) as add:
        yield add(text)


def follow(client: Client, job_id: str) -> Job:
    """Show live progress until the job is over. Raises JobFailed with its code when it has no result."""
    with progress_bar("Waiting") as update:
        for event in client.events(job_id):
            job, progress = event.job, event.job.progress
            update(job.state.capitalize(), progress.samples_done, progress.samples_total)
    return client.job(job_id).succeeded()
