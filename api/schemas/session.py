"""Sign-in of a browser, as its pages see it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.admin import WORKSPACE_ID
from shared.domain.access import BrowserSession, Scope
from shared.domain.ids import to_wire

SESSION_EXAMPLE: dict[str, Any] = {
    "workspace_id": WORKSPACE_ID,
    "workspace": "acme",
    "scopes": ["jobs:read", "jobs:write"],
    "how": "key",
    "key_id": "key_0193f2c4a0027c8d9e0f1a2b3c4d5e6f",
    "expires_at": "2026-12-22T09:00:00Z",
}


class SessionIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"key": "mien_0193f2c4a0027c8d9e0f1a2b3c4d5e6f_…"}]}
    )

    key: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SessionOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [SESSION_EXAMPLE]})

    workspace_id: str
    workspace: str = Field(description="its name")
    scopes: list[Scope]
    how: Literal["link", "key"] = Field(description="what opened it")
    key_id: str | None = Field(description="null: a link opened it")
    expires_at: datetime = Field(description="at the latest; it ends with the secret of the key that opened it")

    @classmethod
    def of(cls, session: BrowserSession) -> SessionOut:
        return cls(
            workspace_id=to_wire("wsp", session.workspace_id),
            workspace=session.workspace,
            scopes=list(session.scopes),
            how="key" if session.key_id else "link",
            key_id=to_wire("key", session.key_id) if session.key_id else None,
            expires_at=session.expires_at,
        )
