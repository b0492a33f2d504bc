"""What the rest of Mien asks of a store. Keys are made of ids alone; a client's file name never becomes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import UUID

from shared.domain.video import StoredFile

MAKING = "making"


class Incoming(Protocol):
    """A file that is being received. It exists for others only after `finish`."""

    key: str
    size_bytes: int

    def write(self, chunk: bytes) -> None:
        """Append, and hash on the way. Raises StorageFull."""

    def sync(self) -> int:
        """Make what was written safe, and say how much that is. Raises StorageFull."""

    def close(self) -> None:
        """Let go, and leave what was written to be resumed."""

    def restart(self) -> None:
        """Forget what was written, and begin again."""

    def finish(self) -> StoredFile:
        """Make it durable and visible under its key, in one atomic step. Raises StorageFull."""

    def abort(self) -> None:
        """Leave nothing behind; does nothing after `finish`."""


class Assembly(Protocol):
    """A file that is put together out of order. It exists for others only after `publish`."""

    size_bytes: int

    def write(self, chunk: bytes) -> int:
        """Append. Raises StorageFull."""

    def write_at(self, offset: int, chunk: bytes) -> None:
        """Write a piece where it belongs, also over an earlier one. Raises StorageFull."""

    def flush(self) -> None: ...

    def finish(self, beat: Callable[[], None]) -> StoredFile:
        """Make it durable and hash it; calls `beat` for each piece read, as that may take long. Raises StorageFull."""

    def publish(self) -> None:
        """Make it visible under its key, in one atomic step; doing it twice is doing it once."""

    def abort(self) -> None:
        """Leave nothing behind; does nothing after `publish`."""


class Storage(Protocol):
    def receive(self, key: str) -> Incoming: ...

    def resume(self, key: str, size_bytes: int) -> Incoming:
        """Go on with a file of which so much is safe; what came after that is dropped, none is begun.

        Raises UploadLocked while another process holds it.
        """

    def forget_partial(self, key: str) -> None:
        """Remove a file that was not finished."""

    def assemble(self, key: str, unfinished_key: str) -> Assembly:
        """Begin a file that is written out of order; it lies under the second key until it is published."""

    def old_unfinished_keys(self, older_than_s: float) -> Iterator[str]:
        """Keys of artifacts that nobody has written to for a while: whoever made them died."""

    def local_path(self, key: str) -> Path:
        """A path at which a worker on this machine can open the file."""

    def put(self, key: str, content: bytes) -> None: ...

    def get(self, key: str) -> bytes | None: ...

    def open(self, key: str) -> BinaryIO | None:
        """The file for reading, which stays readable when it is deleted meanwhile; None when there is none."""

    def delete(self, key: str) -> None:
        """Remove the file, or all files below the key; nothing happens when there are none."""

    def old_video_keys(self, older_than_s: float) -> Iterator[str]:
        """Keys of recordings, whole or partial, untouched for a while: candidates for orphans."""

    def check(self) -> None:
        """Raises Unavailable when the store cannot be written to."""


def video_key(video_id: UUID) -> str:
    return f"{video_prefix(video_id)}/original"


def video_prefix(video_id: UUID) -> str:
    """All that was ever stored of a recording."""
    return f"videos/{video_id.hex}"


def fetched_key(video_id: UUID, job_id: UUID, token: int) -> str:
    """Of a recording that the bearer of a lease fetches; the rows say which one counts.

    With the job, because each job of a video counts its tokens for itself.
    """
    return f"{video_prefix(video_id)}/fetched-{token}-{job_id.hex}"


def moment_key(job_id: UUID, number: int) -> str:
    return f"{job_prefix(job_id)}/moments/{number}.jpg"


def artifact_key(job_id: UUID, kind: str) -> str:
    return f"{job_prefix(job_id)}/artifacts/{kind}"


def making_key(job_id: UUID, kind: str, token: int) -> str:
    """Of an artifact that the bearer of a lease makes, apart from what is finished so that a sweep finds it quickly."""
    return f"{making_prefix(job_id)}/{kind}-{token}"


def making_prefix(job_id: UUID) -> str:
    return f"{MAKING}/{job_id.hex}"


def job_prefix(job_id: UUID) -> str:
    return f"jobs/{job_id.hex}"


def erase_files(storage: Storage, job_id: UUID, video_id: UUID | None) -> None:
    """All files of a job, and its recording unless another job has it. Nothing happens when they are gone."""
    storage.delete(job_prefix(job_id))
    storage.delete(making_prefix(job_id))
    if video_id is not None:
        storage.delete(video_prefix(video_id))
