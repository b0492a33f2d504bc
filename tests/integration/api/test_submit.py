from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from shared.db.engine import Sessions
from shared.db.tables import JobRow, VideoRow
from shared.settings import Settings

RECORDING = b"not really a recording, which only a worker finds out" * 100


def stored_files(settings: Settings) -> list[Path]:
    return [path for path in settings.storage_dir.rglob("*") if path.is_file()]


def rows(sessions: Sessions) -> tuple[int, int]:
    with sessions.begin() as session:
        return len(session.scalars(select(VideoRow)).all()), len(session.scalars(select(JobRow)).all())


def submit(client: TestClient, content: bytes = RECORDING, **fields: Any) -> Any:
    return client.post("/v1/jobs", files={"file": ("interview.mp4", content, "video/mp4")}, data=fields)


def assert_problem(response: Any, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"].endswith(f"/{code}")
    assert body["request_id"] == response.headers["x-request-id"]


def test_a_form_becomes_a_stored_recording_and_a_queued_job(client: TestClient, settings: Settings) -> None:
    response = submit(client, reference="candidate-17", metadata='{"question": "2"}', options='{"interval_s": 1}')

    assert response.status_code == 202
    job = response.json()
    assert job["state"] == "queued"
    assert response.headers["location"] == job["links"]["self"]
    assert (job["reference"], job["metadata"]) == ("candidate-17", {"question": "2"})
    assert job["options"]["interval_s"] == 1
    assert job["options"]["detector"] == "tracked"
    (stored,) = stored_files(settings)
    assert stored.read_bytes() == RECORDING


def test_the_stored_recording_is_known_by_its_hash_and_size(client: TestClient) -> None:
    job = submit(client).json()
    video = client.get(f"/v1/videos/{job['video_id']}").json()

    assert video["sha256"] == hashlib.sha256(RECORDING).hexdigest()
    assert (video["size_bytes"], video["name"]) == (len(RECORDING), "interview.mp4")


def test_fields_may_come_after_the_file(client: TestClient) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n' + RECORDING + b"\r\n"
        b'--x\r\nContent-Disposition: form-data; name="reference"\r\n\r\nlate\r\n--x--\r\n'
    )
    response = client.post("/v1/jobs", content=body, headers={"content-type": "multipart/form-data; boundary=x"})

    assert response.json()["reference"] == "late"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"options": '{"speed": 9}'}, "options.speed"),
        ({"options": '{"interval_s": NaN}'}, "options"),
        ({"options": "{"}, "options"),
        ({"options": "[" * 50_000}, "options"),
        ({"priority": "urgent"}, "priority"),
        ({"purpose": "assessment"}, "purpose"),
        ({"metadata": '{"k": "' + "v" * 5000 + '"}'}, "metadata"),
        ({"reference": ""}, "reference"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(
    client: TestClient, settings: Settings, sessions: Sessions, fields: dict[str, str], field: str
) -> None:
    response = submit(client, RECORDING, **fields)

    assert_problem(response, 422, "invalid_request")
    assert response.json()["errors"][0]["field"] == field
    assert stored_files(settings) == []
    assert rows(sessions) == (0, 0)


def test_an_empty_file_is_refused(client: TestClient, settings: Settings) -> None:
    assert_problem(submit(client, b""), 422, "empty_file")
    assert stored_files(settings) == []


def test_a_form_without_a_file_is_refused(client: TestClient) -> None:
    response = client.post("/v1/jobs", files={"video": ("a.mp4", b"x")})

    assert_problem(response, 422, "invalid_request")
    assert response.json()["errors"][0]["field"] == "file"


def test_a_form_that_was_cut_short_is_refused(client: TestClient, settings: Settings) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nhalf of it'
    response = client.post("/v1/jobs", content=body, headers={"content-type": "multipart/form-data; boundary=x"})

    assert_problem(response, 422, "invalid_request")
    assert stored_files(settings) == []


def test_ten_thousand_form_fields_are_refused(client: TestClient) -> None:
    response = client.post("/v1/jobs", files={f"field{n}": (None, b"x") for n in range(10_000)})

    assert_problem(response, 422, "invalid_request")


def test_a_declared_body_over_the_limit_is_refused_early(client: TestClient, settings: Settings) -> None:
    response = client.post("/v1/videos", content=b"x", headers={"content-length": "99000000"})

    assert_problem(response, 413, "body_too_large")


def test_an_undeclared_body_over_the_limit_is_refused_in_the_middle(client: TestClient, settings: Settings) -> None:
    response = client.post("/v1/videos", content=(b"x" * 50_000 for _ in range(10)))

    assert_problem(response, 413, "body_too_large")
    assert stored_files(settings) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "a\0b.mp4", "/abs/olute.mp4"])
def test_a_clients_file_name_is_data_and_never_a_path(client: TestClient, settings: Settings, name: str) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n\r\n'
        b"content\r\n--x--\r\n"
    )
    client.post("/v1/jobs", content=body, headers={"content-type": "multipart/form-data; boundary=x"})

    assert all(path.name == "original" for path in stored_files(settings))


def test_a_recording_can_be_stored_first_and_analysed_by_its_id(client: TestClient) -> None:
    stored = client.post("/v1/videos", content=RECORDING, params={"name": "raw.mp4"})
    assert stored.status_code == 201
    assert stored.headers["location"].endswith(stored.json()["id"])

    job = client.post("/v1/jobs", json={"video_id": stored.json()["id"], "priority": "high"})
    assert job.status_code == 202
    assert job.json()["video_id"] == stored.json()["id"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"[" * 100_000,
        b'{"video_id": 7}',
        b'{"video_id": "x"}',
        b'{"video_id": "\\ud800"}',
        b'{"metadata": {"\\ud800": ""}}',
    ],
)
def test_json_that_is_no_job_is_refused(client: TestClient, content: bytes) -> None:
    response = client.post("/v1/jobs", content=content, headers={"content-type": "application/json"})

    assert_problem(response, 422, "invalid_request")


def test_a_raw_recording_is_shown_the_way_to_be_stored(client: TestClient) -> None:
    response = client.post("/v1/jobs", content=RECORDING, headers={"content-type": "video/mp4"})

    assert_problem(response, 422, "invalid_request")
    assert "/v1/videos" in response.json()["detail"]


def test_a_recording_of_another_workspace_does_not_exist(client: TestClient, make_key: Any) -> None:
    foreign = client.post("/v1/videos", content=RECORDING, headers=make_key("other")).json()["id"]

    assert_problem(client.post("/v1/jobs", json={"video_id": foreign}), 404, "not_found")
    assert_problem(client.get(f"/v1/videos/{foreign}"), 404, "not_found")


def test_the_document_describes_every_operation_with_its_errors(anonymous: TestClient) -> None:
    document = anonymous.get("/openapi.json").json()

    text = json.dumps(document)
    for reference in {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}:
        assert reference in document["components"]["schemas"], reference
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert path in ("/healthz", "/readyz") or "401" in operation["responses"]
