"""Typed ids. In the database a UUIDv7; on the wire the same behind a readable prefix."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

from shared.domain.errors import NotFound

JobId = NewType("JobId", UUID)
VideoId = NewType("VideoId", UUID)
WorkspaceId = NewType("WorkspaceId", UUID)
KeyId = NewType("KeyId", UUID)
UploadId = NewType("UploadId", UUID)
EndpointId = NewType("EndpointId", UUID)
EventId = NewType("EventId", UUID)
DeliveryId = NewType("DeliveryId", UUID)
BatchId = NewType("BatchId", UUID)
AuditId = NewType("AuditId", UUID)


def to_wire(prefix: str, value: UUID) -> str:
    return f"{prefix}_{value.hex}"


def from_wire(prefix: str, text: str) -> UUID:
    """Raises NotFound for what cannot be such an id: there is nothing with it."""
    head, _, digits = text.partition("_")
    if head != prefix or len(digits) != 32 or digits.lower() != digits:
        raise NotFound(f"'{text[:80]}' is not an id of the form {prefix}_<32 hexadecimal digits>")
    try:
        return UUID(hex=digits)
    except ValueError:
        raise NotFound(f"'{text[:80]}' is not an id of the form {prefix}_<32 hexadecimal digits>") from None


def job_id_of(text: str) -> JobId:
    return JobId(from_wire("job", text))


def video_id_of(text: str) -> VideoId:
    return VideoId(from_wire("vid", text))


def upload_id_of(text: str) -> UploadId:
    return UploadId(from_wire("upl", text))


def endpoint_id_of(text: str) -> EndpointId:
    return EndpointId(from_wire("whk", text))


def delivery_id_of(text: str) -> DeliveryId:
    return DeliveryId(from_wire("dlv", text))


def batch_id_of(text: str) -> BatchId:
    return BatchId(from_wire("bat", text))


def workspace_id_of(text: str) -> WorkspaceId:
    return WorkspaceId(from_wire("wsp", text))


def key_id_of(text: str) -> KeyId:
    return KeyId(from_wire("key", text))


def audit_id_of(text: str) -> AuditId:
    return AuditId(from_wire("aud", text))
