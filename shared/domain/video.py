"""A stored recording."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from shared.domain.ids import VideoId, WorkspaceId

VideoState = Literal["fetching", "stored", "deleted"]
VIDEO_STATES: tuple[VideoState, ...] = get_args(VideoState)
MAX_SAVED_NAME = 150


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFile:
    """What is known of a file once it is durable."""

    size_bytes: int
    sha256: str
    modified_ns: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Video:
    """While it is `fetching`, its size, hash and time say nothing yet."""

    id: VideoId
    workspace_id: WorkspaceId
    storage_key: str
    size_bytes: int
    sha256: str
    modified_ns: int
    """Modification time of the stored file; with the size it tells whether the file was touched."""
    original_name: str
    state: VideoState
    created_at: datetime
    expires_at: datetime | None
    source_url: str | None = None
    """Where a worker fetches it from; forgotten once it is stored, as such addresses often carry a secret."""


def saved_name(original_name: str) -> str:
    """What a client called a recording, as a name that a file may be saved under anywhere; empty when none is left.

    Without folders, and without characters that cannot be seen or turn the order of others around.
    """
    last = original_name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    return visible.strip(" .")[:MAX_SAVED_NAME]
