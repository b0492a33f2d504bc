from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from shared.db.engine import Sessions
from shared.queue import HintPublisher, create_celery
from shared.settings import Settings
from shared.storage.local import LocalStorage
from tests.integration.api.conftest import MakeKey
from worker.sweep import sweep_once

TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = os.urandom(150_000)
NAME = base64.b64encode("인터뷰.mp4".encode()).decode()

Begin = Callable[..., str]


@pytest.fixture
def begin(client: TestClient) -> Begin:
    """Begins an upload and gives its path."""

    def begin(**headers: str) -> str:
        usual = {"Upload_Length": str(len(CONTENT)), "Upload_Metadata": f"filename {NAME},draft"}
        given = {name.replace("_", "-"): value for name, value in {**usual, **headers}.items() if value}
        answer = client.post("/v1/uploads", headers={**TUS, **given})
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    return begin


def send(client: TestClient, path: str, piece: bytes, offset: int, **headers: str) -> Any:
    kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.patch(path, content=piece, headers={**TUS, **kind, **extra})


def offset_of(client: TestClient, path: str) -> int:
    return int(client.head(path, headers=TUS).headers["upload-offset"])


def files_of(settings: Settings) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in settings.storage_dir.rglob("*") if path.is_file()}


def test_a_server_says_what_it_can(anonymous: TestClient) -> None:
    answer = anonymous.options("/v1/uploads")

    assert (answer.status_code, answer.headers["tus-version"]) == (204, "1.0.0")
    assert "creation-defer-length" in answer.headers["tus-extension"]
    assert answer.headers["tus-max-size"] == "200000"


def test_a_recording_in_pieces_becomes_a_job(client: TestClient, begin: Begin, settings: Settings) -> None:
    path = begin()
    for start in range(0, len(CONTENT), 40_000):
        assert client.post("/v1/jobs", json={"upload_id": path.rpartition("/")[2]}).status_code == 409
        answer = send(client, path, CONTENT[start : start + 40_000], start)
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(min(start + 40_000, len(CONTENT))))
    job = client.post("/v1/jobs", json={"upload_id": path.rpartition("/")[2]}).json()
    video = client.get(f"/v1/videos/{job['video_id']}").json()

    assert answer.headers["mien-video-id"] == job["video_id"]
    assert video["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert (video["name"], video["size_bytes"]) == ("인터뷰.mp4", len(CONTENT))
    assert files_of(settings) == {"original": len(CONTENT)}


def test_an_upload_says_how_far_it_is_and_what_it_was_told(client: TestClient, begin: Begin) -> None:
    path = begin()
    send(client, path, CONTENT[:1000], 0)
    headers = client.head(path, headers=TUS).headers

    assert (headers["upload-offset"], headers["upload-length"]) == ("1000", str(len(CONTENT)))
    assert set(headers["upload-metadata"].split(",")) == {f"filename {NAME}", "draft"}
    assert headers["cache-control"] == "no-store"
    assert headers["upload-expires"].endswith("GMT")


def test_the_first_piece_may_come_with_the_creation(client: TestClient) -> None:
    kind = {"Content-Type": "application/offset+octet-stream", "Upload-Length": str(len(CONTENT))}
    answer = client.post("/v1/uploads", content=CONTENT[:500], headers={**TUS, **kind})

    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "500")
    assert send(client, answer.headers["location"], CONTENT[500:], 500).headers["upload-offset"] == str(len(CONTENT))


def test_the_length_may_come_last(client: TestClient, begin: Begin) -> None:
    path = begin(Upload_Length="", Upload_Defer_Length="1")
    assert client.head(path, headers=TUS).headers["upload-defer-length"] == "1"
    send(client, path, CONTENT[:700], 0)
    answer = send(client, path, b"", 700, Upload_Length="700")

    assert answer.status_code == 204
    assert "mien-video-id" in answer.headers
    assert send(client, begin(), CONTENT[:9], 0, Upload_Length="5").status_code == 422


@pytest.mark.parametrize("offset", [0, 999, 1001, 10**17])
def test_a_piece_for_another_offset_is_refused(client: TestClient, begin: Begin, offset: int) -> None:
    path = begin()
    send(client, path, CONTENT[:1000], 0)
    answer = send(client, path, b"x" * 10, offset)

    assert (answer.status_code, answer.json()["code"]) == (409, "offset_mismatch")
    assert offset_of(client, path) == 1000


@pytest.mark.parametrize("name", ["sha1", "sha256", "md5"])
def test_a_piece_that_does_not_fit_its_checksum_is_forgotten(client: TestClient, begin: Begin, name: str) -> None:
    path = begin()
    right = base64.b64encode(hashlib.new(name, CONTENT[:1000]).digest()).decode()
    answer = send(client, path, CONTENT[1:1001], 0, Upload_Checksum=f"{name} {right}")
    assert (answer.status_code, answer.json()["code"], offset_of(client, path)) == (460, "checksum_mismatch", 0)

    assert send(client, path, CONTENT[:1000], 0, Upload_Checksum=f"{name} {right}").status_code == 204
    send(client, path, CONTENT[1000:], 1000)
    sha256 = client.get(
        f"/v1/videos/{client.post('/v1/jobs', json={'upload_id': path.rpartition('/')[2]}).json()['video_id']}"
    )
    assert sha256.json()["sha256"] == hashlib.sha256(CONTENT).hexdigest()


def test_while_one_writes_another_may_not(client: TestClient, begin: Begin, sessions: Sessions) -> None:
    path = begin()
    with sessions.begin() as session:
        session.execute(text("UPDATE upload SET locked_until = now() + interval '10 seconds'"))
    answer = send(client, path, CONTENT[:10], 0)
    assert (answer.status_code, answer.json()["code"]) == (423, "upload_locked")
    assert client.delete(path, headers=TUS).status_code == 423

    with sessions.begin() as session:
        session.execute(text("UPDATE upload SET locked_until = now() - interval '1 second'"))
    assert send(client, path, CONTENT[:10], 0).status_code == 204


def test_a_file_that_another_process_holds_is_not_written_to(
    client: TestClient, begin: Begin, settings: Settings, sessions: Sessions
) -> None:
    path = begin()
    send(client, path, CONTENT[:10], 0)
    with sessions.begin() as session:
        key = session.scalars(text("SELECT storage_key FROM upload")).one()
    holder = LocalStorage(settings.storage_dir).resume(key, 10)
    assert send(client, path, CONTENT[10:20], 10).status_code == 423
    holder.close()
    assert send(client, path, CONTENT[10:20], 10).status_code == 204


@pytest.fixture
def another(settings: Settings, client: TestClient) -> Iterator[TestClient]:
    """A second API process, as after a restart."""
    with TestClient(create_app(settings), headers=dict(client.headers)) as other:
        yield other


def test_another_process_goes_on_where_the_first_one_stopped(
    client: TestClient, another: TestClient, begin: Begin, settings: Settings
) -> None:
    path = begin()
    send(client, path, CONTENT[:70_000], 0)
    [partial] = settings.storage_dir.rglob("*.part")
    with partial.open("ab") as file:
        file.write(b"what was never acknowledged")
    assert offset_of(another, path) == 70_000
    answer = send(another, path, CONTENT[70_000:], 70_000)

    video = another.get(f"/v1/videos/{answer.headers['mien-video-id']}").json()
    assert video["sha256"] == hashlib.sha256(CONTENT).hexdigest()


def test_an_upload_that_was_finished_by_a_process_that_died_before_its_commit_goes_on(
    client: TestClient, another: TestClient, begin: Begin, settings: Settings
) -> None:
    path = begin()
    send(client, path, CONTENT[:70_000], 0)
    [partial] = settings.storage_dir.rglob("*.part")
    partial.write_bytes(CONTENT)
    partial.rename(partial.with_suffix(""))
    answer = send(another, path, CONTENT[70_000:], 70_000)

    video = another.get(f"/v1/videos/{answer.headers['mien-video-id']}").json()
    assert video["sha256"] == hashlib.sha256(CONTENT).hexdigest()


def test_bytes_that_vanished_are_missed(client: TestClient, begin: Begin, settings: Settings) -> None:
    path = begin()
    send(client, path, CONTENT[:100], 0)
    next(settings.storage_dir.rglob("*.part")).unlink()

    assert send(client, path, CONTENT[100:200], 100).json()["code"] == "media_missing"


def test_an_upload_can_be_ended(client: TestClient, begin: Begin, settings: Settings) -> None:
    path = begin()
    send(client, path, CONTENT[:100], 0)
    assert client.delete(path, headers=TUS).status_code == 204

    assert files_of(settings) == {}
    assert client.head(path, headers=TUS).status_code == 410
    assert send(client, path, CONTENT[100:200], 100).status_code == 410


def test_an_upload_that_nobody_goes_on_with_expires(
    client: TestClient, begin: Begin, settings: Settings, sessions: Sessions
) -> None:
    path = begin()
    send(client, path, CONTENT[:100], 0)
    hints = HintPublisher(create_celery(settings.broker_url))
    storage = LocalStorage(settings.storage_dir)
    partial: Path = next(settings.storage_dir.rglob("*.part"))
    os.utime(partial, (1, 1))
    sweep_once(sessions, storage, hints)
    assert partial.exists()

    with sessions.begin() as session:
        session.execute(text("UPDATE upload SET expires_at = now() - interval '1 second'"))
    sweep_once(sessions, storage, hints)
    hints.close()
    assert files_of(settings) == {}
    assert send(client, path, CONTENT[100:200], 100).status_code == 410


def test_more_than_was_announced_is_refused_and_what_was_safe_stays(client: TestClient, begin: Begin) -> None:
    path = begin(Upload_Length="100")
    send(client, path, CONTENT[:60], 0)
    answer = send(client, path, CONTENT[60:161], 60)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert offset_of(client, path) == 60
    assert send(client, path, CONTENT[60:100], 60).status_code == 204


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 422, "invalid_request"),
        ({"Upload-Length": "200001"}, 413, "body_too_large"),
        ({"Upload-Length": "-1"}, 422, "invalid_request"),
        ({"Upload-Length": "1e3"}, 422, "invalid_request"),
        ({"Upload-Length": "0"}, 422, "empty_file"),
        ({"Upload-Length": "9" * 30}, 422, "invalid_request"),
        ({"Upload-Length": "5", "Upload-Metadata": "filename ???"}, 422, "invalid_request"),
        ({"Upload-Length": "5", "Tus-Resumable": "0.2.2"}, 412, "wrong_version"),
    ],
)
def test_a_malformed_beginning_is_refused(
    client: TestClient, headers: dict[str, str], status: int, code: str, settings: Settings
) -> None:
    answer = client.post("/v1/uploads", headers={**TUS, **headers})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_piece_names_its_type_and_its_offset(client: TestClient, begin: Begin) -> None:
    path = begin()
    assert client.patch(path, content=b"x", headers={**TUS, "Upload-Offset": "0"}).status_code == 415
    assert send(client, path, b"x", 0, Upload_Checksum="crc32 AAAA").status_code == 422
    kind = {"Content-Type": "application/offset+octet-stream"}
    assert client.patch(path, content=b"x", headers={**TUS, **kind}).status_code == 422


def test_a_strangers_upload_is_not_there(client: TestClient, begin: Begin, make_key: MakeKey) -> None:
    path, stranger = begin(), make_key("other")
    for method in ("HEAD", "DELETE"):
        assert client.request(method, path, headers={**TUS, **stranger}).status_code == 404
    answer = client.post("/v1/jobs", json={"upload_id": path.rpartition("/")[2]}, headers=stranger)
    assert answer.status_code == 404
