"""Where a page starts: the last id of the page before, and for jobs an opaque word that also holds a time."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from shared.db.listing import Place
from shared.domain.errors import InvalidRequest
from shared.domain.ids import to_wire


class HasId(Protocol):
    @property
    def id(self) -> UUID: ...


Item = TypeVar("Item", bound=HasId)


def page_of(found: list[Item], limit: int, prefix: str) -> tuple[list[Item], str | None]:
    """A page out of what was found when one more than fits was asked for, and the cursor of the next page."""
    page = found[:limit]
    return page, to_wire(prefix, page[-1].id) if len(found) > limit else None


def to_cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(f"{place.created_at.isoformat()}|{place.id.hex}".encode()).decode().rstrip("=")


def place_at(cursor: str) -> Place:
    """Raises InvalidRequest for what is no cursor of ours."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        created_at, _, digits = text.partition("|")
        place = Place(datetime.fromisoformat(created_at), UUID(hex=digits))
        if place.created_at.tzinfo is None:
            raise ValueError
    except (ValueError, binascii.Error):
        raise InvalidRequest("this is no `next_cursor` of a page before", field="cursor") from None
    return place
