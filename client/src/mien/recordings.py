"""Stored recordings and uploads under way, as the server tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mien.wire import Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Video:
    """A stored recording."""

    id: str
    state: str
    created_at: datetime
    name: str = ""
    size_bytes: int | None = None
    """Unknown, as the hash is, while a worker fetches the recording."""
    sha256: str | None = None
    expires_at: datetime | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A resumable upload, which goes on where it was cut off."""

    id: str
    offset_bytes: int
    """So many are safe on the server."""
    length_bytes: int | None = None
    """None while it was not told."""
    video_id: str | None = None
    """The recording that it has become, once it is complete."""
    state: str = "receiving"
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    expires_at: datetime | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Of the file, as whoever began it said."""
        return self.metadata.get("filename") or self.metadata.get("name") or ""

    @property
    def is_complete(self) -> bool:
        return self.offset_bytes == self.length_bytes
