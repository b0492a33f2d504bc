"""New ids: UUIDv7, so that they sort by time and index pages fill from one side."""

from __future__ import annotations

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    return uuid_utils.compat.uuid7()
