"""What operators see and set: workspaces, keys, workers, the queue, the audit log."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from shared.domain.access import KEY_OVERLAP_S, ApiKey, Scope
from shared.domain.audit import AuditAction, AuditEntry
from shared.domain.ids import to_wire
from shared.domain.worker import WorkerSeen
from shared.domain.workspace import Workspace

WORKSPACE_ID = "wsp_0193f2c4a0017c8d9e0f1a2b3c4d5e6f"
KEY_ID = "key_0193f2c4a0027c8d9e0f1a2b3c4d5e6f"
CREATED_AT = "2026-11-22T09:00:00Z"
KEY_EXAMPLE: dict[str, Any] = {
    "id": KEY_ID,
    "workspace_id": WORKSPACE_ID,
    "name": "applicant tracking system",
    "scopes": ["jobs:read", "jobs:write"],
    "created_at": CREATED_AT,
    "last_used_at": None,
    "expires_at": None,
    "revoked_at": None,
}
MAX_COUNT = 2**31 - 1

Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*$")]
Count = Annotated[int, Field(ge=1, le=MAX_COUNT)]
Days = Annotated[float, Field(gt=0, le=36500, allow_inf_nan=False)]


def _example(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class LimitsOut(BaseModel):
    """Null: no limit, or what the deployment's settings say."""

    max_running_segments: int | None
    max_open_jobs: int | None
    max_jobs_per_day: int | None
    max_stored_bytes: int | None
    requests_per_minute: int | None
    video_retention_days: float | None
    result_retention_days: float | None


class LimitsIn(BaseModel):
    """Only what is named changes; null takes a limit away."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"max_open_jobs": 200}]})

    max_running_segments: Count | None = Field(default=None, description="at once, over all workers")
    max_open_jobs: Count | None = Field(default=None, description="jobs that are not over")
    max_jobs_per_day: Count | None = Field(default=None, description="jobs accepted in any 24 hours")
    max_stored_bytes: Annotated[int, Field(ge=1, le=2**53)] | None = Field(default=None, description="of recordings")
    requests_per_minute: Count | None = Field(default=None, description="of each key, at each API process")
    video_retention_days: Days | None = Field(default=None, description="for recordings that are stored from now on")
    result_retention_days: Days | None = Field(default=None, description="after which jobs are erased")


class WorkspaceIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "acme"}]})

    name: Name


class WorkspaceOut(BaseModel):
    model_config = _example(
        {
            "id": WORKSPACE_ID,
            "name": "acme",
            "limits": {**dict.fromkeys(LimitsOut.model_fields), "max_open_jobs": 200},
            "created_at": CREATED_AT,
        }
    )

    id: str
    name: str
    limits: LimitsOut
    created_at: datetime

    @classmethod
    def of(cls, workspace: Workspace) -> WorkspaceOut:
        return cls(
            id=to_wire("wsp", workspace.id),
            name=workspace.name,
            limits=LimitsOut(**asdict(workspace.limits)),
            created_at=workspace.created_at,
        )


class WorkspaceList(BaseModel):
    items: list[WorkspaceOut]


class KeyIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"workspace_id": WORKSPACE_ID, "name": "applicant tracking system", "scopes": ["jobs:read"]}]
        },
    )

    workspace_id: str
    name: Name
    scopes: list[Scope] = Field(default=["jobs:read", "jobs:write"], min_length=1, max_length=10)
    expires_at: AwareDatetime | None = None


class RotateIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"overlap_s": 3600}]})

    overlap_s: float = Field(
        default=KEY_OVERLAP_S, ge=0, le=30 * 86400, allow_inf_nan=False, description="for which the old secret is good"
    )


class KeyOut(BaseModel):
    model_config = _example(KEY_EXAMPLE)

    id: str
    workspace_id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> KeyOut:
        return cls(**_key_fields(key))


class KeyWithSecret(KeyOut):
    """The text of a key is shown when it is made and when it is rotated, and only then."""

    model_config = _example({**KEY_EXAMPLE, "key": "mien_0193f2c4a0027c8d9e0f1a2b3c4d5e6f_…"})

    key: str | None = Field(description="null when the request was sent again: it was shown to the first")

    @classmethod
    def with_text(cls, key: ApiKey, text: str | None) -> KeyWithSecret:
        return cls(**_key_fields(key), key=text)


class KeyList(BaseModel):
    items: list[KeyOut]


class WorkerOut(BaseModel):
    model_config = _example(
        {
            "name": "worker-1:4711",
            "classes": ["cpu", "io"],
            "engine": "litert",
            "analysers": 2,
            "version": "0.1.0",
            "started_at": CREATED_AT,
            "seen_at": "2026-11-22T09:30:00Z",
            "leases": 2,
        }
    )

    name: str
    classes: list[str]
    engine: str
    analysers: int
    version: str
    started_at: datetime
    seen_at: datetime = Field(description="every ten seconds while it lives")
    leases: int = Field(description="steps that it works on now")

    @classmethod
    def of(cls, worker: WorkerSeen) -> WorkerOut:
        facts = worker.facts
        return cls(
            name=facts.name,
            classes=list(facts.classes),
            engine=facts.engine,
            analysers=facts.analysers,
            version=facts.version,
            started_at=facts.started_at,
            seen_at=worker.seen_at,
            leases=worker.leases,
        )


class WorkerList(BaseModel):
    items: list[WorkerOut]


class AuditEntryOut(BaseModel):
    model_config = _example(
        {
            "id": "aud_0193f2c4a0037c8d9e0f1a2b3c4d5e6f",
            "at": CREATED_AT,
            "workspace_id": WORKSPACE_ID,
            "actor": f"key {KEY_ID}",
            "action": "result.read",
            "target": "job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f",
            "request_id": "0193f2c4a5b67c8d9e0f1a2b3c4d5e70",
        }
    )

    id: str
    at: datetime
    workspace_id: str
    actor: str
    action: AuditAction
    target: str
    request_id: str | None

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditEntryOut:
        deed = entry.deed
        return cls(
            id=to_wire("aud", entry.id),
            at=entry.created_at,
            workspace_id=to_wire("wsp", deed.workspace_id),
            actor=deed.actor,
            action=deed.action,
            target=deed.target,
            request_id=deed.request_id,
        )


class AuditPage(BaseModel):
    items: list[AuditEntryOut]
    next_cursor: str | None = Field(description="pass it as `cursor` for the next page; null on the last one")


def _key_fields(key: ApiKey) -> dict[str, Any]:
    return {
        "id": to_wire("key", key.id),
        "workspace_id": to_wire("wsp", key.workspace_id),
        "name": key.name,
        "scopes": list(key.scopes),
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }
