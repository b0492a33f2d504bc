"""The shape of every error."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from api.errors import PROBLEM_JSON


class FieldError(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/not_found",
                    "title": "There is nothing with this id",
                    "status": 404,
                    "detail": "there is no such job",
                    "code": "not_found",
                    "request_id": "0193f2c4a5b67c8d9e0f1a2b3c4d5e6f",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldError] | None = None


MEANINGS = {
    401: "No valid key or session came with the request.",
    403: "The key lacks the scope, or the page is of another origin.",
    404: "There is nothing with this id in the workspace.",
    409: "The state does not allow this, or another request with the idempotency key is being answered.",
    410: "It was erased or has expired.",
    413: "The recording is larger than this deployment accepts.",
    412: "The header Tus-Resumable names no version that is spoken here.",
    415: "The body is of a type that is not taken here.",
    422: "Something in the request is not valid; `errors` names the fields.",
    423: "Another request writes to this upload; try again in a moment.",
    429: "Requests come too fast, or the workspace has as much as it may have; `Retry-After` says when to ask again.",
    460: "The bytes that arrived do not fit the checksum; send them again.",
    503: "A service that Mien needs does not answer; try again.",
    507: "No space is left to store the recording.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documented errors of an operation."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": MEANINGS[status], "content": {PROBLEM_JSON: {"schema": schema}}}
        for status in (401, *statuses, 429, 503)
    }
