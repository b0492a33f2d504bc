"""Two tenants, and every operation of the document: what one has, the other can neither see nor touch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from shared.db.engine import Sessions
from shared.db.ids import new_id
from shared.domain.ids import to_wire
from shared.settings import Settings
from tests.factories import job_up_to
from tests.integration.api.conftest import MakeKey
from tests.integration.api.test_webhooks import PUBLIC

EVERYTHING = ("jobs:read", "jobs:write", "webhooks")
TUS = {"Tus-Resumable": "1.0.0"}
OPEN = {"/healthz", "/readyz", "/metrics", "/upload", "/v1/sessions"}
"""Without a tenant, of the one that the operator set aside, or of whoever has the key that stands in the body."""
ONCE = {"/v1/events": {"seconds": "0"}}
"""What keeps a stream from going on for as long as somebody listens."""


def operations() -> Iterator[tuple[str, str]]:
    settings = Settings(database_url="postgresql+psycopg2://nowhere")
    for path, methods in create_app(settings).openapi()["paths"].items():
        for method in methods:
            if path not in OPEN and method != "parameters":
                yield method.upper(), path


@pytest.fixture
def theirs(anonymous: TestClient, make_key: MakeKey, sessions: Sessions) -> dict[str, str]:
    """One of everything, in another workspace, by the names of the parameters that name them."""
    client, owner = anonymous, make_key("theirs", scopes=EVERYTHING)
    video = client.post("/v1/videos", content=b"theirs", headers=owner).json()
    batch = client.post("/v1/batches", json={"jobs": [{"video_id": video["id"]}]}, headers=owner).json()
    endpoint = client.post("/v1/webhooks", json={"url": PUBLIC}, headers=owner).json()
    delivery = client.post(f"/v1/webhooks/{endpoint['id']}/test", headers=owner).json()
    upload = client.post("/v1/uploads", headers={**owner, **TUS, "Upload-Length": "10"})
    client.post(f"/v1/batches/{batch['id']}/cancel", headers=owner)
    job_id = to_wire("job", job_up_to(sessions, "succeeded", "theirs"))
    with sessions.begin() as session:
        session.execute(text("UPDATE job SET reference = 'candidate-17'"))
    return {
        "job_id": job_id,
        "video_id": video["id"],
        "batch_id": batch["id"],
        "endpoint_id": endpoint["id"],
        "delivery_id": delivery["id"],
        "upload_id": upload.headers["location"].rsplit("/", 1)[-1],
        "reference": "candidate-17",
        "number": "0",
        "kind": "report",
        "workspace_id": to_wire("wsp", new_id()),
        "key_id": to_wire("key", new_id()),
    }


def everything_of(sessions: Sessions) -> list[Any]:
    """What the database holds of the other workspace."""
    tables = ("job", "video", "batch", "upload", "webhook_endpoint", "delivery", "step", "event")
    with sessions.begin() as session:
        return [
            session.execute(
                text(
                    f"SELECT t::text FROM {table} t JOIN workspace w ON w.id = t.workspace_id WHERE w.name = 'theirs' ORDER BY 1"
                )
            ).all()
            for table in tables
        ]


def ask(client: TestClient, method: str, path: str, key: dict[str, str]) -> Any:
    headers = {**key, **TUS, "Upload-Offset": "0", "Content-Type": "application/json"}
    if method == "PATCH" and "uploads" in path:
        headers["Content-Type"] = "application/offset+octet-stream"
    body = b'{"kind": "report"}' if "artifacts" in path else b""
    return client.request(method, path, headers=headers, content=body, params=ONCE.get(path))


@pytest.mark.parametrize(("method", "path"), list(operations()))
def test_a_stranger_gets_nothing_and_changes_nothing(
    anonymous: TestClient, sessions: Sessions, make_key: MakeKey, theirs: dict[str, str], method: str, path: str
) -> None:
    before = everything_of(sessions)
    stranger = make_key("stranger", scopes=EVERYTHING)
    answer = ask(anonymous, method, path.replace(":path", "").format(**theirs), stranger)

    assert everything_of(sessions) == before
    leaked = {name: value for name, value in theirs.items() if name.endswith("_id") and value in answer.text}
    if path.startswith("/v1/admin"):
        assert answer.status_code == 403
    elif "{" in path and "subjects" not in path:
        assert answer.status_code == 404, answer.text
    else:
        assert answer.status_code < 500
        assert not leaked


@pytest.mark.parametrize(("method", "path"), list(operations()))
def test_who_has_no_key_gets_401_everywhere(
    anonymous: TestClient, theirs: dict[str, str], method: str, path: str
) -> None:
    assert ask(anonymous, method, path.format(**theirs), {}).status_code == 401


@pytest.mark.parametrize(("method", "path"), list(operations()))
def test_a_key_without_the_scope_is_refused(
    anonymous: TestClient, make_key: MakeKey, theirs: dict[str, str], method: str, path: str
) -> None:
    reading = method in ("GET", "HEAD") and "webhooks" not in path and "admin" not in path and "uploads" not in path
    without = ("webhooks",) if reading else ("jobs:read",)
    assert ask(anonymous, method, path.format(**theirs), make_key("theirs", scopes=without)).status_code == 403
