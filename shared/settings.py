"""Every setting of a deployment, read once by an entry point and handed on.

Each comes from an environment variable `MIEN_<NAME>`, or from a file
`mien_<name>` in the secrets directory (`/run/secrets`, or `MIEN_SECRETS_DIR`).
"""

from __future__ import annotations

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.domain.engines import EngineChoice
from shared.domain.limits import MediaLimits
from shared.domain.purpose import Purpose
from shared.domain.step import DeviceClass


def _split(value: object) -> object:
    """Lists are written with commas, as every shell and compose file can."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="MIEN_", extra="ignore")

    database_url: str = Field(description="postgresql+psycopg2://…")
    broker_url: str = Field(default="redis://localhost:6379/0", description="carries hints only; may be down")
    storage_dir: Path = Field(default=Path("/var/lib/mien"), description="where recordings and pictures are kept")

    host: str = Field(default="127.0.0.1", description="address the API listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="port the API listens on")
    public_url: str = Field(default="", description="address in links, when a proxy stands before the API")
    trusted_hosts: CommaList = Field(default=("*",), description="accepted Host headers, with commas; * accepts any")

    max_upload_bytes: int = Field(default=MediaLimits().size_bytes, gt=0)
    upload_wait_s: float = Field(default=30.0, ge=0, description="how long POST /upload waits for its result")
    compat_workspace: str = Field(default="", description="workspace of POST /upload without a key; empty: 401")
    requests_per_minute: int = Field(
        default=30_000,
        ge=0,
        description="taken from one key by one process, unless its workspace says otherwise; 0: any",
    )
    purposes: Annotated[tuple[Purpose, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=("practice", "coaching", "research"), description="purposes a job may carry here, with commas"
    )

    analysers: int = Field(default=0, ge=0, description="analyser processes of a worker; 0: one per core")
    devices: Annotated[tuple[DeviceClass, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=("cpu",), min_length=1, description="classes a worker serves: cpu, gpu, with commas"
    )
    engine: EngineChoice = Field(
        default="auto",
        description="what computes fer: litert on CPUs unless named; other models are always computed by litert",
    )
    models: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(), description="folders of models that jobs may name besides those of Mien, with commas"
    )
    analyser_memory_bytes: int = Field(default=3 * 1024**3, gt=0, description="an analyser above this is replaced")
    stall_s: float = Field(default=30.0, gt=0, description="an analyser silent for this long is replaced")
    lease_s: float = Field(default=45.0, gt=0)
    heartbeat_s: float = Field(default=10.0, gt=0)
    poll_s: float = Field(default=1.0, gt=0, description="how often an idle worker asks Postgres by itself")
    sweep_s: float = Field(default=10.0, gt=0)
    grace_s: float = Field(default=20.0, ge=0, description="time a stopping worker gives its running steps")

    senders: int = Field(default=8, gt=0, description="deliveries of webhooks that a worker has under way at once")
    fetchers: int = Field(default=2, gt=0, description="remote recordings that a worker fetches at once")
    encoders: int = Field(default=1, gt=0, description="annotated and playable videos that a worker makes at once")
    allowed_networks: CommaList = Field(
        default=(), description="private networks that webhooks and video URLs may reach, as CIDRs with commas"
    )
    assessment_scores: bool = Field(default=False, description="whether webhooks tell the score of an assessment")
    metrics_host: str = Field(default="127.0.0.1", description="address on which a worker serves /metrics")
    metrics_port: int | None = Field(
        default=None, ge=0, le=65535, description="port on which a worker serves /metrics; unset: none, 0: any"
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""), description="what /metrics must be asked with as a bearer; empty: from loopback only"
    )
    orphan_age_s: float = Field(default=3600.0, gt=0, description="files that no recording claims go after this time")

    max_duration_s: float = Field(default=MediaLimits().duration_s, gt=0)
    video_retention_days: float = Field(default=30.0, gt=0)
    result_retention_days: float = Field(default=365.0, gt=0, description="jobs are erased so long after their end")
    log_format: str = Field(default="json", pattern="^(json|console)$")

    @field_validator("allowed_networks")
    @classmethod
    def _readable(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            ip_network(text)
        return texts

    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(ip_network(text) for text in self.allowed_networks)

    def media_limits(self) -> MediaLimits:
        return MediaLimits(duration_s=self.max_duration_s, size_bytes=self.max_upload_bytes)


def secrets_dir() -> Path:
    return Path(os.environ.get("MIEN_SECRETS_DIR", "/run/secrets"))


def load_settings(**overrides: Any) -> Settings:
    """Read the environment and the secrets directory. Raises pydantic.ValidationError, naming each wrong one."""
    secrets = secrets_dir()
    return Settings(_secrets_dir=secrets if secrets.is_dir() else None, **overrides)  # type: ignore[call-arg]
