"""Uploads that are resumed: the offset and the lock of the one writer live here."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Update, func, or_, select, update
from sqlalchemy.orm import Session

from shared.db.quotas import charge_bytes
from shared.db.tables import UploadRow
from shared.db.videos import insert_video
from shared.domain.errors import Gone, NotFound, OffsetMismatch, StateConflict, UploadLocked
from shared.domain.ids import UploadId, VideoId, WorkspaceId
from shared.domain.upload import EXPIRES_S, LOCK_S, PARTIAL_SUFFIX, Upload
from shared.domain.video import Video


def insert_upload(session: Session, upload: Upload) -> None:
    """Raises QuotaExceeded."""
    charge_bytes(session, upload.workspace_id, upload.length_bytes or 0)
    session.add(
        UploadRow(
            id=upload.id,
            workspace_id=upload.workspace_id,
            video_id=upload.video_id,
            storage_key=upload.storage_key,
            length_bytes=upload.length_bytes,
            metadata_=upload.metadata,
            state=upload.state,
            expires_at=upload.expires_at,
        )
    )


def get_upload(session: Session, workspace_id: WorkspaceId, upload_id: UploadId) -> Upload:
    """Raises NotFound, or Gone for one that has expired."""
    return _to_upload(_find(session, workspace_id, upload_id))


def list_uploads(session: Session, workspace_id: WorkspaceId, *, limit: int, before: UploadId | None) -> list[Upload]:
    """Those that are not complete, newest first."""
    query = select(UploadRow).where(UploadRow.workspace_id == workspace_id, UploadRow.state == "receiving")
    if before is not None:
        query = query.where(UploadRow.id < before)
    return [_to_upload(row) for row in session.scalars(query.order_by(UploadRow.id.desc()).limit(limit))]


def lock_upload(session: Session, workspace_id: WorkspaceId, upload_id: UploadId, offset_bytes: int) -> Upload:
    """Become its writer. Raises UploadLocked while another one is, OffsetMismatch, StateConflict when it is whole."""
    row = _find(session, workspace_id, upload_id, for_update=True)
    if row.state != "receiving":
        raise StateConflict("the upload is complete")
    if _is_locked(session, row):
        raise UploadLocked("another request writes to this upload; try again in a moment")
    if row.offset_bytes != offset_bytes:
        raise OffsetMismatch(f"the upload is at offset {row.offset_bytes}; go on from there")
    row.lock_token += 1
    row.locked_until = func.now() + timedelta(seconds=LOCK_S)
    session.flush()
    return _to_upload(row)


def note_length(session: Session, upload: Upload, length_bytes: int) -> None:
    """What was left open when the upload began. The caller bears the lock."""
    session.execute(_borne(upload).values(length_bytes=length_bytes))


def advance_upload(session: Session, upload: Upload, offset_bytes: int, *, release: bool) -> bool:
    """So many bytes are safe. False when another writer has taken over, whose word counts."""
    until = None if release else func.now() + timedelta(seconds=LOCK_S)
    expires_at = func.now() + timedelta(seconds=EXPIRES_S)
    moved = _borne(upload).values(offset_bytes=offset_bytes, locked_until=until, expires_at=expires_at)
    return session.execute(moved.returning(UploadRow.id)).first() is not None


def finish_upload(session: Session, upload: Upload, video: Video) -> bool:
    """The upload is whole and has become a recording, at once. False when another writer has taken over."""
    done = _borne(upload).values(state="verified", offset_bytes=video.size_bytes, locked_until=None)
    if session.execute(done.returning(UploadRow.id)).first() is None:
        return False
    insert_video(session, video)
    return True


def consume_upload(session: Session, workspace_id: WorkspaceId, upload_id: UploadId) -> VideoId:
    """The recording that it became. Raises StateConflict until it is complete."""
    row = _find(session, workspace_id, upload_id, for_update=True)
    if row.state == "receiving":
        raise StateConflict(f"the upload is not complete; it is at offset {row.offset_bytes}")
    row.state = "consumed"
    return VideoId(row.video_id)


def drop_upload(session: Session, workspace_id: WorkspaceId, upload_id: UploadId) -> Upload:
    """End an upload that is not complete. Raises UploadLocked while somebody writes to it."""
    row = _find(session, workspace_id, upload_id, for_update=True)
    if row.state != "receiving":
        raise StateConflict("the upload is complete; erase the job or the recording instead")
    if _is_locked(session, row):
        raise UploadLocked("another request writes to this upload; try again in a moment")
    row.state, row.metadata_ = "expired", {}
    return _to_upload(row)


def expire_uploads(session: Session) -> list[str]:
    """The storage keys of those that nobody went on with."""
    free = or_(UploadRow.locked_until.is_(None), UploadRow.locked_until < func.now())
    late = (UploadRow.state == "receiving") & (UploadRow.expires_at < func.now()) & free
    return list(
        session.scalars(
            update(UploadRow).where(late).values(state="expired", metadata_={}).returning(UploadRow.storage_key)
        )
    )


def keys_of_uploads(session: Session, keys: list[str]) -> set[str]:
    """Which of these files an open upload writes to, under their partial or their final names."""
    stems = {key.removesuffix(PARTIAL_SUFFIX) for key in keys}
    query = select(UploadRow.storage_key).where(UploadRow.storage_key.in_(stems), UploadRow.state == "receiving")
    known = set(session.scalars(query))
    return {key for key in keys if key.removesuffix(PARTIAL_SUFFIX) in known}


def _find(session: Session, workspace_id: WorkspaceId, upload_id: UploadId, *, for_update: bool = False) -> UploadRow:
    query = select(UploadRow).where(UploadRow.id == upload_id, UploadRow.workspace_id == workspace_id)
    row = session.scalar(query.with_for_update() if for_update else query)
    if row is None:
        raise NotFound("there is no such upload")
    if row.state == "expired":
        raise Gone("the upload has expired or was ended; begin another")
    return row


def _is_locked(session: Session, row: UploadRow) -> bool:
    return row.locked_until is not None and bool(session.scalar(select(row.locked_until > func.now())))


def _borne(upload: Upload) -> Update:
    mine = (UploadRow.id == upload.id) & (UploadRow.lock_token == upload.lock_token)
    return update(UploadRow).where(mine, UploadRow.state == "receiving")


def _to_upload(row: UploadRow) -> Upload:
    return Upload(
        id=UploadId(row.id),
        workspace_id=WorkspaceId(row.workspace_id),
        video_id=VideoId(row.video_id),
        storage_key=row.storage_key,
        offset_bytes=row.offset_bytes,
        length_bytes=row.length_bytes,
        metadata=row.metadata_,
        state=row.state,  # type: ignore[arg-type]
        lock_token=row.lock_token,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
