"""Where a page of jobs starts, as an opaque word on the wire."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from uuid import UUID

from shared.db.listing import Place
from shared.domain.errors import InvalidRequest


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
