"""Recordings become jobs: sent, named by their address, or stored before; one by one or as a batch."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Unpack

from mien.core import Core, new_key, path_to, post
from mien.decode import decode
from mien.jobs import Batch, Job, JobFields, SharedFields
from mien.operations.uploading import File, upload_noted
from mien.recordings import Upload, Video
from mien.uploads import LocalFile, Notes
from mien.wire import Do, FilePiece, Op, Progress, Request

STORED = re.compile(r"(vid|upl)_[0-9a-f]{32}")
REMOTE = re.compile(r"https?://", re.IGNORECASE)
AS_JSON = ("options", "metadata")  # fields of a form that hold JSON
FORM_ANSWER_S = 120.0  # the server may make a large recording safe on disk before it answers

Recording = str | PathLike[str] | Video | Upload
"""A local file, an address (`https://…`), or a recording or an upload that is there, as such or by its id."""
Item = Recording | tuple[Recording, JobFields]


def submit(
    core: Core,
    recording: Recording,
    *,
    notes: File | None = None,
    progress: Progress | None = None,
    idempotency_key: str | None = None,
    **fields: Unpack[JobFields],
) -> Op[Job]:
    """Have a recording analysed. The job is accepted when this returns; `wait` for what becomes of it.

    Small files go in one request, large ones by resumable upload.

    Args:
        recording: A path, an address, an id (`vid_…`, `upl_…`), a Video or an Upload. Give a Path for a file
            whose name looks like one of the others.
        notes: A folder in which to write down large uploads under way, so that another process that submits
            the same file goes on with it.
        progress: Told how many bytes are on their way or arrived, and of how many.
        idempotency_key: The same key and content give the same job, for a day, also in another process.
            By default each call has its own.
        fields: reference, metadata, purpose, consent_reference, priority, webhook_url, options.
    """
    named = _named(recording)
    if named is not None:
        return (yield from post(core, Job, path_to("jobs"), {**named, **fields}, key=idempotency_key))
    local: LocalFile = yield Do(partial(LocalFile.of, Path(_path(recording))))
    if local.size_bytes < core.resumable_from_bytes:
        return (yield from _submit_form(core, local, fields, progress, idempotency_key or new_key()))
    book = Notes(None if notes is None else Path(notes), core.address)
    done = yield from upload_noted(core, local, book, progress=progress)
    body = {"upload_id": done.id, **fields}
    job = yield from post(core, Job, path_to("jobs"), body, key=idempotency_key or _key_to(body))
    yield Do(partial(book.forget, local))
    return job


def batch(
    core: Core,
    recordings: Iterable[Item],
    *,
    webhook_url: str | None = None,
    notes: File | None = None,
    progress: Progress | None = None,
    idempotency_key: str | None = None,
    **fields: Unpack[SharedFields],
) -> Op[Batch]:
    """Submit several recordings with one status; local files are uploaded first, one after the other.

    Args:
        recordings: As for `submit`, each alone or with fields of its own: `(recording, {"reference": "a"})`.
        webhook_url: Told once, when all jobs are over.
        notes: As for `submit`.
        progress: Told about the file that is under way, as by `submit`.
        fields: For all of them; the fields of one go before these.
    """
    book = Notes(None if notes is None else Path(notes), core.address)
    jobs, sent = [], []
    for item in recordings:
        recording, own = item if isinstance(item, tuple) else (item, JobFields())
        named = _named(recording)
        if named is None:
            local: LocalFile = yield Do(partial(LocalFile.of, Path(_path(recording))))
            named = {"upload_id": (yield from upload_noted(core, local, book, progress=progress)).id}
            sent.append(local)
        jobs.append({**named, **fields, **own})
    body = {"jobs": jobs, "webhook_url": webhook_url}
    key = idempotency_key or (_key_to(body) if sent else None)
    made = yield from post(core, Batch, path_to("batches"), body, key=key)
    for local in sent:
        yield Do(partial(book.forget, local))
    return made


def _named(recording: Recording) -> dict[str, str] | None:
    """The field that names a recording which is not here; None for a local file."""
    if isinstance(recording, Video | Upload):
        return {"video_id" if isinstance(recording, Video) else "upload_id": recording.id}
    if not isinstance(recording, str):
        return None
    if REMOTE.match(recording):
        return {"video_url": recording}
    stored = STORED.fullmatch(recording)
    return {f"{'video' if stored[1] == 'vid' else 'upload'}_id": recording} if stored else None


def _path(recording: Recording) -> str:
    assert not isinstance(recording, Video | Upload)
    return fspath(recording)


def _submit_form(
    core: Core, local: LocalFile, fields: Mapping[str, Any], progress: Progress | None, key: str
) -> Op[Job]:
    form = {name: json.dumps(value) if name in AS_JSON else str(value) for name, value in fields.items()}
    sent = partial(_tell, progress, local.size_bytes) if progress else None
    file = FilePiece(path=local.path, size_bytes=local.size_bytes, sent=sent)
    headers = {"Idempotency-Key": key}
    request = Request("POST", path_to("jobs"), headers=headers, form=form, file=file, timeout_s=FORM_ANSWER_S)
    return decode(Job, (yield from core.call(request)).json())


def _tell(progress: Progress, size_bytes: int, sent_bytes: int) -> None:
    progress(sent_bytes, size_bytes)


def _key_to(body: Mapping[str, Any]) -> str:
    """The same upload with the same fields is the same job, whichever process asks."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
