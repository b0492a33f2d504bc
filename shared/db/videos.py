"""Stored recordings."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from shared.db.quotas import charge_bytes
from shared.db.tables import JobRow, StepRow, UploadRow, VideoRow, WorkspaceRow
from shared.domain.errors import Gone, NotFound, StateConflict
from shared.domain.ids import VideoId, WorkspaceId
from shared.domain.video import Video


def insert_video(session: Session, video: Video) -> Video:
    """As it is kept: a workspace may have a retention of its own. Raises QuotaExceeded."""
    charge_bytes(session, video.workspace_id, video.size_bytes)
    days = session.scalar(select(WorkspaceRow.video_retention_days).where(WorkspaceRow.id == video.workspace_id))
    row = VideoRow(
        id=video.id,
        workspace_id=video.workspace_id,
        storage_key=video.storage_key,
        size_bytes=video.size_bytes,
        sha256=video.sha256,
        modified_ns=video.modified_ns,
        original_name=video.original_name,
        state=video.state,
        source_url=video.source_url,
        created_at=video.created_at,
        expires_at=video.expires_at if days is None else video.created_at + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    return to_video(row)


def get_video(session: Session, workspace_id: WorkspaceId, video_id: VideoId) -> Video:
    """Raises NotFound, also for a video of another workspace."""
    row = session.scalar(select(VideoRow).where(VideoRow.id == video_id, VideoRow.workspace_id == workspace_id))
    if row is None:
        raise NotFound("there is no such video")
    return to_video(row)


def get_stored_video(session: Session, workspace_id: WorkspaceId, video_id: VideoId) -> Video:
    """Raises NotFound, Gone when its file was deleted, StateConflict while it is being fetched."""
    video = get_usable_video(session, workspace_id, video_id)
    if video.state == "fetching":
        raise StateConflict("the recording is not here yet; it is being fetched, or that failed")
    return video


def get_usable_video(session: Session, workspace_id: WorkspaceId, video_id: VideoId) -> Video:
    """One that is stored or can be fetched, and stays so for this transaction. Raises NotFound, or Gone."""
    session.execute(select(VideoRow.id).where(VideoRow.id == video_id).with_for_update(read=True))
    video = get_video(session, workspace_id, video_id)
    if video.state == "deleted":
        raise Gone("the recording was deleted; send it again")
    return video


def list_videos(session: Session, workspace_id: WorkspaceId, *, limit: int, before: VideoId | None) -> list[Video]:
    """Newest first, without those that were deleted."""
    query = select(VideoRow).where(VideoRow.workspace_id == workspace_id, VideoRow.state != "deleted")
    if before is not None:
        query = query.where(VideoRow.id < before)
    return [to_video(row) for row in session.scalars(query.order_by(VideoRow.id.desc()).limit(limit))]


def video_of_job(session: Session, job_id: UUID) -> Video:
    row = session.scalars(select(VideoRow).join(JobRow, JobRow.video_id == VideoRow.id).where(JobRow.id == job_id))
    return to_video(row.one())


def due_for_deletion(session: Session, limit: int = 100) -> list[Video]:
    """Recordings that have expired, or that a job was told not to keep, and that no open step needs."""
    job_of_video = JobRow.video_id == VideoRow.id
    busy = exists().where(job_of_video, StepRow.job_id == JobRow.id, StepRow.state.in_(("ready", "leased")))
    unkept = exists().where(job_of_video, JobRow.options["keep_video"].as_boolean().is_(False))
    due = and_(VideoRow.state != "deleted", ~busy, or_(VideoRow.expires_at < func.now(), unkept))
    locked = session.scalars(select(VideoRow.id).where(due).limit(limit).with_for_update(skip_locked=True)).all()
    # Looked at again: a job that came in before the lock was taken is seen only now.
    return [to_video(row) for row in session.scalars(select(VideoRow).where(due, VideoRow.id.in_(locked)))]


def mark_deleted(session: Session, video_id: VideoId) -> None:
    """What the client called it goes with the file."""
    gone = {"state": "deleted", "source_url": None, "original_name": ""}
    session.execute(update(VideoRow).where(VideoRow.id == video_id).values(**gone))
    session.execute(update(UploadRow).where(UploadRow.video_id == video_id).values(metadata_={}))


def known_storage_keys(session: Session, keys: list[str]) -> set[str]:
    """Which of these keys a stored video claims; the rest are orphans."""
    query = select(VideoRow.storage_key).where(VideoRow.storage_key.in_(keys), VideoRow.state == "stored")
    return set(session.scalars(query))


def to_video(row: VideoRow) -> Video:
    return Video(
        id=VideoId(row.id),
        workspace_id=WorkspaceId(row.workspace_id),
        storage_key=row.storage_key,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        modified_ns=row.modified_ns,
        original_name=row.original_name,
        state=row.state,  # type: ignore[arg-type]
        created_at=row.created_at,
        expires_at=row.expires_at,
        source_url=row.source_url,
    )
