"""Endpoints and deliveries as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.job import Address
from shared.domain.delivery import Delivery, DeliveryState, Endpoint, EndpointState, EventType
from shared.domain.ids import to_wire

ENDPOINT_EXAMPLE: dict[str, Any] = {
    "id": "whk_0193f2c4a9b87c8d9e0f1a2b3c4d5e6f",
    "url": "https://ats.example/hooks/mien",
    "event_types": ["job.succeeded", "job.failed"],
    "description": "applicant tracking system",
    "state": "active",
    "disabled_reason": None,
    "failing_since": None,
    "created_at": "2026-11-22T09:00:00Z",
}
SECRET_EXAMPLE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="  # noqa: S105, opens nothing
DELIVERY_EXAMPLE: dict[str, Any] = {
    "id": "dlv_0193f2c4abc97c8d9e0f1a2b3c4d5e6f",
    "event_id": "evt_0193f2c4abb87c8d9e0f1a2b3c4d5e6f",
    "event_type": "job.succeeded",
    "job_id": "job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f",
    "endpoint_id": "whk_0193f2c4a9b87c8d9e0f1a2b3c4d5e6f",
    "state": "delivered",
    "attempts": [
        {
            "number": 1,
            "at": "2026-11-22T09:05:00Z",
            "status": 200,
            "error": None,
            "latency_s": 0.12,
            "answer": "ok",
        }
    ],
    "next_attempt_at": None,
    "created_at": "2026-11-22T09:05:00Z",
    "finished_at": "2026-11-22T09:05:00Z",
}

Description = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]


class EndpointIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{name: ENDPOINT_EXAMPLE[name] for name in ("url", "event_types", "description")}]
        },
    )

    url: Address = Field(description="http or https, on the public internet unless the operator allows more")
    event_types: list[EventType] = Field(
        default_factory=list, max_length=20, description="empty: all but job.progress, which has to be asked for"
    )
    description: Description | None = None


class EndpointOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [ENDPOINT_EXAMPLE]})

    id: str
    url: str
    event_types: list[EventType]
    description: str | None
    state: EndpointState
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, endpoint: Endpoint) -> EndpointOut:
        return cls(**_endpoint_fields(endpoint))


class EndpointWithSecret(EndpointOut):
    """Shown when the endpoint is made and when its secret is rotated, and only then."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**ENDPOINT_EXAMPLE, "secret": SECRET_EXAMPLE}]})

    secret: str

    @classmethod
    def with_secret(cls, endpoint: Endpoint, secret: str) -> EndpointWithSecret:
        return cls(**_endpoint_fields(endpoint), secret=secret)


class EndpointList(BaseModel):
    items: list[EndpointOut]


class SecretOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"secret": SECRET_EXAMPLE}]})

    secret: str


class AttemptOut(BaseModel):
    number: int
    at: datetime
    status: int | None
    error: str | None = Field(description="why there was no answer, such as `timeout` or `refused_address`")
    latency_s: float
    answer: str | None = Field(description="the first kilobyte")


class DeliveryOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [DELIVERY_EXAMPLE]})

    id: str
    event_id: str = Field(description="the `webhook-id` of every attempt")
    event_type: EventType
    job_id: str | None
    endpoint_id: str | None = Field(description="null: the address that came with the job")
    state: DeliveryState
    attempts: list[AttemptOut]
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryOut:
        event = delivery.event
        return cls(
            id=to_wire("dlv", delivery.id),
            event_id=to_wire("evt", event.id),
            event_type=event.type,
            job_id=to_wire("job", event.job_id) if event.job_id else None,
            endpoint_id=to_wire("whk", delivery.endpoint_id) if delivery.endpoint_id else None,
            state=delivery.state,
            attempts=[
                AttemptOut(
                    number=attempt.number,
                    at=attempt.created_at,
                    status=attempt.outcome.status,
                    error=attempt.outcome.error,
                    latency_s=round(attempt.outcome.latency_s, 3),
                    answer=attempt.outcome.answer,
                )
                for attempt in delivery.attempts
            ],
            next_attempt_at=delivery.next_attempt_at,
            created_at=delivery.created_at,
            finished_at=delivery.finished_at,
        )


class DeliveryPage(BaseModel):
    items: list[DeliveryOut]
    next_cursor: str | None = Field(description="pass it as `cursor` for the next page; null on the last one")


def _endpoint_fields(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": to_wire("whk", endpoint.id),
        "url": endpoint.url,
        "event_types": list(endpoint.event_types),
        "description": endpoint.description,
        "state": endpoint.state,
        "disabled_reason": endpoint.disabled_reason,
        "failing_since": endpoint.failing_since,
        "created_at": endpoint.created_at,
    }
