"""A stored recording as clients see it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.ids import to_wire
from shared.domain.video import Video, VideoState


class VideoOut(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "vid_0193f2c4a1b27c8d9e0f1a2b3c4d5e6f",
                    "state": "stored",
                    "name": "interview.mp4",
                    "size_bytes": 48213377,
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "created_at": "2026-11-22T09:00:00Z",
                    "expires_at": "2026-12-22T09:00:00Z",
                }
            ]
        }
    )

    id: str
    state: VideoState
    name: str
    size_bytes: int | None
    """Unknown, as the hash is, while a worker fetches the recording."""
    sha256: str | None
    created_at: datetime
    expires_at: datetime | None

    @classmethod
    def of(cls, video: Video) -> VideoOut:
        return cls(
            id=to_wire("vid", video.id),
            state=video.state,
            name=video.original_name,
            size_bytes=video.size_bytes or None,
            sha256=video.sha256 or None,
            created_at=video.created_at,
            expires_at=video.expires_at,
        )


class VideoPage(BaseModel):
    items: list[VideoOut]
    next_cursor: str | None = Field(description="pass it as `cursor` for the next page; null on the last one")
