"""Recordings over HTTP: given out as they were sent, in parts, and gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from shared.db.engine import Sessions
from tests.integration.api.conftest import MakeKey
from tests.integration.api.test_submit import assert_problem

CONTENT = bytes(range(256)) * 8
MP4 = b"\0\0\0\x20ftypisom" + CONTENT
Store = Callable[..., str]


@pytest.fixture
def store(client: TestClient) -> Store:
    """Stores a recording and gives the address of its content."""

    def store(content: bytes = MP4, name: str = "interview.mp4") -> str:
        video = client.post("/v1/videos", files={"file": (name, content)}).json()
        return f"/v1/videos/{video['id']}/content"

    return store


def test_a_recording_is_given_out_as_it_was_sent(client: TestClient, store: Store) -> None:
    content = store()
    whole, part = client.get(content), client.get(content, headers={"range": "bytes=4-11"})

    assert (whole.content, whole.headers["content-type"]) == (MP4, "video/mp4")
    assert (part.status_code, part.content) == (206, b"ftypisom")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-security-policy"].startswith("sandbox")
    assert client.get(content, headers={"if-none-match": whole.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    ("sent", "saved"),
    [
        ("interview.mp4", "interview.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\videos\\a.mp4", "a.mp4"),
        ('a"; filename=evil.exe', "a%22%3B%20filename%3Devil.exe"),
        ("면접.mp4", "%EB%A9%B4%EC%A0%91.mp4"),
    ],
)
def test_a_recording_is_saved_under_a_safe_name(
    client: TestClient, sessions: Sessions, store: Store, sent: str, saved: str
) -> None:
    content = store()
    with sessions.begin() as session:
        session.execute(text("UPDATE video SET original_name = :name"), {"name": sent})
    header = client.get(content).headers["content-disposition"]

    assert header.endswith(f"filename*=UTF-8''{saved}")
    assert header.count('"') == 2, "the plain name cannot end its quotes"


def test_a_deleted_recording_is_gone(client: TestClient, store: Store) -> None:
    content = store()
    client.delete(content.removesuffix("/content"))

    assert_problem(client.get(content), 410, "media_gone")


def test_a_recording_that_is_still_fetched_is_not_here_yet(
    client: TestClient, sessions: Sessions, store: Store
) -> None:
    content = store()
    with sessions.begin() as session:
        session.execute(text("UPDATE video SET state = 'fetching'"))

    assert_problem(client.get(content), 409, "state_conflict")


def test_a_recording_of_others_is_none(client: TestClient, make_key: MakeKey, store: Store) -> None:
    assert_problem(client.get(store(), headers=make_key("other")), 404, "not_found")
