"""The tables, as typed mappings. Rows stay inside `shared.db`; what leaves it are domain values.

Every tenant row carries its workspace, and every query names it.
"""

from __future__ import annotations

from shared.db.tables.artifacts import ArtifactRow
from shared.db.tables.base import Base
from shared.db.tables.telling import AttemptRow, DeliveryRow, EndpointRow, EventRow
from shared.db.tables.tenants import (
    ApiKeyRow,
    AuditEntryRow,
    IdempotencyKeyRow,
    LoginTokenRow,
    SessionRow,
    WorkspaceRow,
)
from shared.db.tables.work import BatchRow, JobRow, ResultRow, SegmentResultRow, StepRow, UploadRow, VideoRow, WorkerRow

__all__ = [
    "ApiKeyRow",
    "ArtifactRow",
    "AttemptRow",
    "AuditEntryRow",
    "Base",
    "BatchRow",
    "DeliveryRow",
    "EndpointRow",
    "EventRow",
    "IdempotencyKeyRow",
    "JobRow",
    "LoginTokenRow",
    "ResultRow",
    "SegmentResultRow",
    "SessionRow",
    "StepRow",
    "UploadRow",
    "VideoRow",
    "WorkerRow",
    "WorkspaceRow",
]
