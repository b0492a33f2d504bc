"""Resumable uploads over tus 1.0: what is safe on the server is never sent again."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from os import PathLike
from pathlib import Path

from mien.core import Core, accepted, id_of, new_key, pages, path_to
from mien.errors import Conflict, Gone, MienError, NotFound, Problem, RecordingChanged, UnexpectedAnswer, Unreachable
from mien.recordings import Upload
from mien.retry import TRY_LATER
from mien.uploads import LocalFile, Notes
from mien.wire import Do, FilePiece, Flow, Op, Pause, Progress, Reply, Request, Send

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}
FULL = 507
MANGLED = 460
ANSWER_S = 120.0  # the server makes all of a large recording safe on disk before it answers the last piece

UploadRef = Upload | str
File = str | PathLike[str]


def upload(
    core: Core,
    file: File,
    *,
    upload: UploadRef | None = None,
    notes: File | None = None,
    keep_note: bool = False,
    progress: Progress | None = None,
) -> Op[Upload]:
    """Send a file in pieces, through cuts and restarts of the server; `video_id` of what comes back is the recording.

    Args:
        upload: One that was begun before, with the same file, to go on with.
        notes: A folder in which to write down what was begun, so that another process can go on with it.
        keep_note: Leave the note also when the file has arrived, for `submit` or `batch` to find, which then
            sends nothing again.
        progress: Told how many bytes are on their way or arrived, and of how many.

    Raises:
        Unreachable, ServerProblem: The server stayed away for longer than the client's patience.
        RecordingChanged: The file became another one meanwhile.
    """
    local: LocalFile = yield Do(partial(LocalFile.of, Path(file)))
    book = Notes(None if notes is None else Path(notes), core.address)
    done = yield from upload_noted(core, local, book, upload=upload, progress=progress)
    if not keep_note:
        yield Do(partial(book.forget, local))
    return done


def upload_noted(
    core: Core, local: LocalFile, notes: Notes, *, upload: UploadRef | None = None, progress: Progress | None = None
) -> Op[Upload]:
    """The same, leaving the note of it for the caller to forget."""
    if upload is not None:
        begun = yield from _state(core, id_of(upload))
    else:
        noted: str | None = yield Do(partial(notes.find, local))
        begun = (yield from _noted(core, noted)) or (yield from _begin(core, local))
        yield Do(partial(notes.write, local, begun.id))
    if begun.length_bytes not in (None, local.size_bytes):
        raise RecordingChanged(f"{local.path} has {local.size_bytes} bytes; the upload is for {begun.length_bytes}")
    return (yield from _send_rest(core, local, begun, progress or _tell_nobody))


def uploads(core: Core) -> Flow[Upload]:
    """Uploads that are not complete."""
    return (yield from pages(core, Upload, path_to("uploads")))


def cancel_upload(core: Core, upload: UploadRef) -> Op[None]:
    """End an upload that is not complete, and forget its bytes."""
    yield from core.call(Request("DELETE", path_to("uploads", id_of(upload)), headers=TUS))


def _begin(core: Core, local: LocalFile) -> Op[Upload]:
    name = base64.b64encode(local.path.name.encode("utf-8", "replace")).decode()
    headers = {
        **TUS,
        "Idempotency-Key": new_key(),
        "Upload-Length": str(local.size_bytes),
        "Upload-Metadata": f"filename {name}",
    }
    reply = yield from core.call(Request("POST", path_to("uploads"), headers=headers), streak=core.streak())
    upload_id = reply.headers.get("location", "").rstrip("/").rpartition("/")[2]
    if not upload_id:
        raise UnexpectedAnswer("the server did not say where the upload is")
    return Upload(id=upload_id, offset_bytes=0, length_bytes=local.size_bytes)


def _noted(core: Core, upload_id: str | None) -> Op[Upload | None]:
    """None when nothing was noted, or the server knows nothing of it any more."""
    try:
        return (yield from _state(core, upload_id)) if upload_id else None
    except (NotFound, Gone):
        return None


def _state(core: Core, upload_id: str) -> Op[Upload]:
    reply = yield from core.call(_look(upload_id), streak=core.streak())
    return _upload_of(upload_id, reply)


def _send_rest(core: Core, local: LocalFile, upload: Upload, tell: Progress) -> Op[Upload]:
    streak, size = core.streak(), local.size_bytes
    in_doubt = False
    while True:
        tell(upload.offset_bytes, size)
        if upload.offset_bytes == size and upload.video_id:
            return upload
        yield Do(local.check)
        request = _look(upload.id) if in_doubt else _piece(core, local, upload, partial(_tell, tell, size))
        try:
            reply = accepted((yield Send(request)))
        except (Unreachable, Problem) as error:
            if not _may_pass(error):
                raise
            in_doubt = True
            yield Pause(streak.pause_s(error))
            continue
        moved = _upload_of(upload.id, reply, length_bytes=upload.length_bytes)
        if moved.offset_bytes > upload.offset_bytes:
            streak.forget()
        upload, in_doubt = moved, False


def _may_pass(error: MienError) -> bool:
    """Cuts, other writers, another offset than we knew, and what the server cannot for now."""
    if isinstance(error, Problem):
        return isinstance(error, Conflict) or error.status in TRY_LATER | {429, MANGLED, FULL}
    return isinstance(error, Unreachable)


def _look(upload_id: str) -> Request:
    return Request("HEAD", path_to("uploads", upload_id), headers=TUS)


def _piece(core: Core, local: LocalFile, upload: Upload, sent: Callable[[int], None]) -> Request:
    size = min(core.piece_bytes, local.size_bytes - upload.offset_bytes)
    piece = FilePiece(path=local.path, offset_bytes=upload.offset_bytes, size_bytes=size, sent=sent)
    headers = {**PIECE, "Upload-Offset": str(upload.offset_bytes)}
    if upload.length_bytes is None:
        headers["Upload-Length"] = str(local.size_bytes)
    return Request("PATCH", path_to("uploads", upload.id), headers=headers, file=piece, timeout_s=ANSWER_S)


def _upload_of(upload_id: str, reply: Reply, *, length_bytes: int | None = None) -> Upload:
    headers = reply.headers
    try:
        known = Upload(id=upload_id, offset_bytes=int(headers["upload-offset"]), length_bytes=length_bytes)
        if "upload-length" in headers:
            known = replace(known, length_bytes=int(headers["upload-length"]))
    except (KeyError, ValueError):
        raise UnexpectedAnswer("the server did not say how far the upload is") from None
    return replace(known, video_id=headers.get("mien-video-id"), expires_at=_date(headers.get("upload-expires", "")))


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None


def _tell(tell: Progress, size_bytes: int, sent_bytes: int) -> None:
    tell(sent_bytes, size_bytes)


def _tell_nobody(_done: int, _of: int) -> None:
    return
