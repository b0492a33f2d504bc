"""One write to an upload: its bytes, safe on disk before they are acknowledged."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api.context import Context
from api.receive import WRITE_BYTES, plain_name
from shared.crash import crash_point
from shared.db.engine import transaction
from shared.db.uploads import advance_upload, finish_upload, lock_upload, note_length
from shared.domain.clock import Monotonic, monotonic_s, utc_now
from shared.domain.errors import BodyTooLarge, ChecksumMismatch, InvalidRequest, Unavailable, UploadLocked
from shared.domain.ids import to_wire
from shared.domain.upload import LOCK_S, TUS_VERSION, Upload
from shared.domain.video import StoredFile, Video
from shared.storage.port import Incoming

CHECKSUMS = ("sha1", "sha256", "md5")
SAVE_S = LOCK_S / 3  # how often what came is made safe, and the lock renewed


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Checksum:
    """Of the bytes of one request, as the client computed it."""

    hash: _Hash
    expected: bytes

    def holds(self) -> bool:
        return hmac.compare_digest(self.hash.digest(), self.expected)


class Write:
    """Bears the upload's lock from its first to its last byte.

    Args:
        offset_bytes: Where the client goes on; must be where the upload is.
        length_bytes: Told now if it was left open when the upload began.
    """

    def __init__(
        self,
        context: Context,
        upload: Upload,
        checksum: Checksum | None,
        *,
        offset_bytes: int = 0,
        length_bytes: int | None = None,
        clock: Monotonic = monotonic_s,
    ) -> None:
        self._context = context
        self._upload = upload
        self._checksum = checksum
        self._offset_bytes = offset_bytes
        self._length_bytes = length_bytes
        self._clock = clock
        self._saved_s = clock()

    async def take(self, pieces: AsyncIterator[bytes]) -> Upload:
        """Write what comes. A connection that is cut loses nothing that came before the cut.

        Raises:
            UploadLocked, OffsetMismatch: Nothing was written.
            ChecksumMismatch: What this request sent is forgotten.
            BodyTooLarge: More came than was announced or is accepted; what fits stays.
            StorageFull: What is safe stays.
        """
        incoming = await run_in_threadpool(self._begin)
        try:
            with suppress(ClientDisconnect):  # nobody hears the answer; the next request goes on from here
                await self._receive(pieces, incoming)
            return await run_in_threadpool(self._end, incoming)
        except Exception:
            await run_in_threadpool(self._give_up)
            raise
        finally:
            incoming.close()

    def _begin(self) -> Incoming:
        with transaction(self._context.sessions) as session:
            upload = lock_upload(session, self._upload.workspace_id, self._upload.id, self._offset_bytes)
            if self._length_bytes is not None:
                upload = _with_length(upload, self._length_bytes)
                note_length(session, upload, self._length_bytes)
            self._upload = upload
        try:
            return self._context.storage.resume(upload.storage_key, upload.offset_bytes)
        except Exception:
            self._give_up()
            raise

    async def _receive(self, pieces: AsyncIterator[bytes], incoming: Incoming) -> None:
        gathered = bytearray()
        async for piece in pieces:
            self._check_room(incoming.size_bytes + len(gathered) + len(piece))
            gathered += piece
            if len(gathered) >= WRITE_BYTES:
                await run_in_threadpool(self._put, bytes(gathered), incoming)
                gathered.clear()
        if gathered:
            await run_in_threadpool(self._put, bytes(gathered), incoming)

    def _check_room(self, size_bytes: int) -> None:
        length_bytes = self._upload.length_bytes
        limit_bytes = self._context.settings.max_upload_bytes if length_bytes is None else length_bytes
        if size_bytes > limit_bytes:
            raise BodyTooLarge(f"the upload ends at {limit_bytes} bytes")

    def _put(self, piece: bytes, incoming: Incoming) -> None:
        incoming.write(piece)
        if self._checksum is not None:
            self._checksum.hash.update(piece)
        if self._clock() - self._saved_s >= SAVE_S:
            # With a checksum nothing is acknowledged before all of it has come; the lock is renewed all the same.
            self._save(incoming.sync() if self._checksum is None else self._upload.offset_bytes, release=False)

    def _end(self, incoming: Incoming) -> Upload:
        if self._checksum is not None and not self._checksum.holds():
            self._save(self._upload.offset_bytes, release=True)
            raise ChecksumMismatch("the checksum does not fit what arrived; send this piece again")
        if incoming.size_bytes == self._upload.length_bytes:
            return self._finish(incoming)
        self._save(incoming.sync(), release=True)
        return self._upload

    def _give_up(self) -> None:
        """Let the next request in at once; without Postgres it waits until the lock has run out."""
        with suppress(Unavailable, UploadLocked):
            self._save(self._upload.offset_bytes, release=True)

    def _save(self, offset_bytes: int, *, release: bool) -> None:
        with transaction(self._context.sessions) as session:
            kept = advance_upload(session, self._upload, offset_bytes, release=release)
        if not kept:
            raise UploadLocked("another request has taken over this upload")
        self._saved_s = self._clock()
        self._upload = replace(self._upload, offset_bytes=offset_bytes)

    def _finish(self, incoming: Incoming) -> Upload:
        stored = incoming.finish()
        crash_point("upload_stored")
        with transaction(self._context.sessions) as session:
            kept = finish_upload(session, self._upload, self._to_video(stored))
        if not kept:
            raise UploadLocked("another request has taken over this upload")
        return replace(self._upload, offset_bytes=stored.size_bytes, state="verified")

    def _to_video(self, stored: StoredFile) -> Video:
        now = utc_now()
        names = self._upload.metadata
        return Video(
            id=self._upload.video_id,
            workspace_id=self._upload.workspace_id,
            storage_key=self._upload.storage_key,
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
            modified_ns=stored.modified_ns,
            original_name=plain_name(names.get("filename") or names.get("name") or ""),
            state="stored",
            created_at=now,
            expires_at=now + timedelta(days=self._context.settings.video_retention_days),
        )


def tus_headers(upload: Upload) -> dict[str, str]:
    headers = {"Tus-Resumable": TUS_VERSION, "Upload-Offset": str(upload.offset_bytes)}
    if upload.state in ("verified", "consumed"):
        headers["Mien-Video-Id"] = to_wire("vid", upload.video_id)
    return headers


def _with_length(upload: Upload, length_bytes: int) -> Upload:
    if upload.length_bytes not in (None, length_bytes):
        raise InvalidRequest("Upload-Length was told before and cannot change", field="upload-length")
    if length_bytes < upload.offset_bytes:
        raise InvalidRequest("more bytes than that have arrived already", field="upload-length")
    return replace(upload, length_bytes=length_bytes)
