"""An upload that may be cut and goes on where it was: the states and facts of tus 1.0."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from shared.domain.ids import UploadId, VideoId, WorkspaceId

UploadState = Literal["receiving", "verified", "consumed", "expired"]
UPLOAD_STATES: tuple[UploadState, ...] = get_args(UploadState)

TUS_VERSION = "1.0.0"
LOCK_S = 10.0  # a writer that is not heard of for so long has lost its place
PARTIAL_SUFFIX = ".part"  # of a file that is not whole
EXPIRES_S = 86400.0  # after the last byte


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    id: UploadId
    workspace_id: WorkspaceId
    video_id: VideoId
    """The recording that it becomes."""
    storage_key: str
    offset_bytes: int
    """So many are safe on disk; what came after them is not."""
    length_bytes: int | None
    """None while the client has not said yet."""
    metadata: dict[str, str]
    state: UploadState
    lock_token: int
    created_at: datetime
    expires_at: datetime

    @property
    def is_whole(self) -> bool:
        return self.offset_bytes == self.length_bytes
