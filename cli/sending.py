"""What `mien submit` does: finds recordings, sends several at once, and says what became of each."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from cli import console
from cli.failing import told
from cli.progress import Update, progress_bars

if TYPE_CHECKING:
    from mien import Client

SUFFIXES = frozenset({".avi", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mts", ".ts", ".webm"})
"""Of the containers that Mien reads; what is named by itself is sent whatever it is called."""
NOT_HERE = ("http://", "https://", "vid_", "upl_")

T = TypeVar("T")


class Stopped(Exception):
    """The user has had enough."""


def every_recording(named: Sequence[str]) -> list[str | Path]:
    """Files of folders in order of their names. Raises BadParameter for what is not there."""
    found: list[str | Path] = []
    for name in named:
        path = Path(name)
        if path.is_dir():
            inside = [file for file in sorted(path.rglob("*")) if file.suffix.lower() in SUFFIXES and file.is_file()]
            if not inside:
                raise typer.BadParameter(f"there is no recording in '{name}'")
            found += inside
        elif path.is_file() and os.access(path, os.R_OK):
            found.append(path)
        elif name.lower().startswith(NOT_HERE):
            found.append(name)
        else:
            raise typer.BadParameter(f"'{name}' is no file that can be read, no folder and no address")
    return found


def pairs(texts: Sequence[str] | None) -> dict[str, str]:
    """`question=2` → a name and a text. Raises BadParameter."""
    parted = [text.partition("=") for text in texts or ()]
    for name, equals, _ in parted:
        if not name or not equals:
            raise typer.BadParameter(f"write '{name}' as NAME=VALUE")
    return {name: value for name, _, value in parted}


def values(texts: Sequence[str] | None) -> dict[str, Any]:
    """The same, with numbers, true and false as such."""
    return {name: _value(text) for name, text in pairs(texts).items()}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def notes_folder() -> Path:
    """Where uploads under way are noted, as the XDG base directory specification has it."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "mien" / "uploads"


def submit_each(
    client: Client, found: Sequence[str | Path], fields: Mapping[str, Any], parallel: int
) -> tuple[list[str], bool]:
    """Print the id of each job in order. Gives them, and whether one was refused."""

    def send(recording: str | Path, tell: Callable[[int, int], None]) -> str:
        return client.submit(recording, notes=notes_folder(), progress=tell, **fields).id

    ids, complete = [], True
    with _sending(found, parallel, send) as sent:
        for recording, future in sent:
            if job_id := _outcome(recording, future):
                print(job_id, flush=True)
                ids.append(job_id)
            else:
                complete = False
    return ids, complete


def submit_batch(client: Client, found: Sequence[str | Path], fields: Mapping[str, Any], parallel: int) -> str:
    """Print the id of the batch, and give it. Raises Exit when a file was refused: then there is no batch."""

    def send(recording: str | Path, tell: Callable[[int, int], None]) -> str:
        if isinstance(recording, Path):
            client.upload(recording, notes=notes_folder(), keep_note=True, progress=tell)
        return str(recording)

    with _sending(found, parallel, send) as sent:
        refused = [recording for recording, future in sent if _outcome(recording, future) is None]
    if refused:
        raise typer.Exit(1)
    batch = client.batch(found, notes=notes_folder(), **fields)
    print(batch.id, flush=True)
    return batch.id


def _outcome(recording: str | Path, sent: Future[str]) -> str | None:
    """None for what was refused, which is said."""
    import mien

    try:
        return sent.result()
    except (mien.MienError, OSError) as error:
        console.note(f"{recording}: {told(error)}")
        return None


@contextmanager
def _sending(
    found: Sequence[str | Path], parallel: int, send: Callable[[str | Path, Callable[[int, int], None]], str]
) -> Iterator[list[tuple[str | Path, Future[str]]]]:
    """All of them on their way, so many at once, each with a bar. Ctrl-C ends those that are."""
    stop = Event()
    with progress_bars(in_bytes=True) as add_bar, ThreadPoolExecutor(parallel, "sending") as pool:

        def one(recording: str | Path) -> str:
            name = recording.name if isinstance(recording, Path) else recording
            return send(recording, partial(_tell, stop, add_bar(name), name))

        try:
            yield [(recording, pool.submit(one, recording)) for recording in found]
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _tell(stop: Event, update: Update, name: str, done: int, of: int) -> None:
    """Raises Stopped in the thread that sends."""
    if stop.is_set():
        raise Stopped
    update(name, done, of)
