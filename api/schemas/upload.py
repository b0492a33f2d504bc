"""An upload under way, as a list shows it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.ids import to_wire
from shared.domain.upload import Upload


class UploadOut(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "upl_0193f2c4a1b27c8d9e0f1a2b3c4d5e6f",
                    "offset_bytes": 12582912,
                    "length_bytes": 48213377,
                    "metadata": {"filename": "interview.mp4"},
                    "created_at": "2026-11-22T09:00:00Z",
                    "expires_at": "2026-11-23T09:00:00Z",
                }
            ]
        }
    )

    id: str
    offset_bytes: int = Field(description="so many are safe")
    length_bytes: int | None = Field(description="null while it has not been told")
    metadata: dict[str, str]
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, upload: Upload) -> UploadOut:
        return cls(
            id=to_wire("upl", upload.id),
            offset_bytes=upload.offset_bytes,
            length_bytes=upload.length_bytes,
            metadata=upload.metadata,
            created_at=upload.created_at,
            expires_at=upload.expires_at,
        )


class UploadPage(BaseModel):
    items: list[UploadOut]
    next_cursor: str | None = Field(description="pass it as `cursor` for the next page; null on the last one")
