"""The real application on a real database and storage, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.main import create_app
from shared.db.engine import Sessions
from shared.db.keys import create_key
from shared.db.workspaces import ensure_workspace
from shared.domain.access import Scope
from shared.settings import Settings

BOTH: tuple[Scope, ...] = ("jobs:read", "jobs:write")
MakeKey = Callable[..., dict[str, str]]


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url,
        broker_url=valkey_url,
        storage_dir=tmp_path / "storage",
        max_upload_bytes=200_000,
        upload_wait_s=0,
        trusted_hosts=("testserver",),
        log_format="console",
    )


@pytest.fixture
def anonymous(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), follow_redirects=False) as client:
        yield client


@pytest.fixture
def make_key(sessions: Sessions) -> MakeKey:
    """Headers that carry a new key: `make_key("other", scopes=("jobs:read",))`."""

    def make(workspace: str = "default", scopes: tuple[Scope, ...] = BOTH) -> dict[str, str]:
        with sessions.begin() as session:
            key = create_key(session, ensure_workspace(session, workspace), "test", scopes)
        return {"Authorization": f"Bearer {key}"}

    return make


@pytest.fixture
def client(anonymous: TestClient, make_key: MakeKey) -> TestClient:
    anonymous.headers.update(make_key())
    return anonymous
