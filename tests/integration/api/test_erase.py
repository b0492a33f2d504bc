from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from starlette.testclient import TestClient

from shared.db.endpoints import create_endpoint
from shared.db.engine import Sessions
from shared.db.workspaces import ensure_workspace
from shared.queue import HintPublisher, create_celery
from shared.settings import Settings
from shared.storage.local import LocalStorage
from shared.storage.port import moment_key
from tests.factories import claim, job_up_to
from tests.integration.api.conftest import MakeKey
from worker.sweep import purge_erased, sweep_once

MARKER = "marker-7f3a"


def submit(client: TestClient, **fields: str) -> Any:
    fields = {"reference": MARKER, "metadata": f'{{"name": "{MARKER}"}}', **fields}
    sent = {"file": (f"{MARKER}.mp4", MARKER.encode())}
    return client.post("/v1/jobs", files=sent, data=fields, headers={"Idempotency-Key": MARKER}).json()


def files_of(settings: Settings) -> list[Path]:
    return [path for path in settings.storage_dir.rglob("*") if path.is_file()]


def tables_with(sessions: Sessions, marker: str) -> list[str]:
    """Tables in which any column of any row holds it."""
    with sessions.begin() as session:
        names = inspect(session.connection()).get_table_names()
        return [
            name
            for name in names
            if session.scalar(text(f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE :m'), {"m": f"%{marker}%"})
        ]


def test_of_an_erased_job_only_its_id_and_times_remain(
    client: TestClient, sessions: Sessions, settings: Settings
) -> None:
    job = submit(client)
    assert set(tables_with(sessions, MARKER)) == {"job", "video", "idempotency_key"}
    receipt = client.delete(f"/v1/jobs/{job['id']}")

    assert (receipt.status_code, receipt.json()["video_id"]) == (200, job["video_id"])
    assert files_of(settings) == []
    assert tables_with(sessions, MARKER) == []
    left = client.get(f"/v1/jobs/{job['id']}").json()
    assert (left["state"], left["reference"], left["metadata"]) == ("erased", None, {})
    assert left["created_at"] == job["created_at"]


def test_the_result_and_the_pictures_of_an_erased_job_are_gone(
    client: TestClient, sessions: Sessions, settings: Settings
) -> None:
    job_id = job_up_to(sessions, "succeeded")
    LocalStorage(settings.storage_dir).put(moment_key(job_id, 0), b"a face")
    path = f"/v1/jobs/job_{job_id.hex}"
    assert client.get(f"{path}/moments/0.jpg").status_code == 200
    client.delete(path)

    assert files_of(settings) == []
    for what in ("result", "timeline", "moments/0.jpg"):
        answer = client.get(f"{path}/{what}")
        assert (answer.status_code, answer.json()["code"]) == (410, "gone"), what
    with sessions.begin() as session:
        for table in ("result", "segment_result"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_the_name_that_came_with_an_upload_in_pieces_is_erased_too(client: TestClient, sessions: Sessions) -> None:
    name = base64.b64encode(f"{MARKER}.mp4".encode()).decode()
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "3", "Upload-Metadata": f"filename {name}"}
    piece = {**headers, "Content-Type": "application/offset+octet-stream"}
    begun = client.post("/v1/uploads", content=b"abc", headers=piece)
    job = client.post("/v1/jobs", json={"upload_id": begun.headers["location"].rpartition("/")[2]}).json()
    assert set(tables_with(sessions, MARKER)) == {"upload", "video"}
    client.delete(f"/v1/jobs/{job['id']}")

    assert tables_with(sessions, MARKER) == []


def test_erasing_twice_is_erasing_once(client: TestClient, sessions: Sessions) -> None:
    path = f"/v1/jobs/{submit(client)['id']}"
    first, second = client.delete(path), client.delete(path)

    assert first.json() == second.json()
    with sessions.begin() as session:
        assert session.scalars(text("SELECT type FROM event")).all() == ["job.erased"]


def test_a_recording_that_another_job_needs_stays_until_that_one_is_erased(
    client: TestClient, settings: Settings
) -> None:
    first = submit(client)
    second = client.post("/v1/jobs", json={"video_id": first["video_id"]}).json()
    assert client.delete(f"/v1/jobs/{first['id']}").json()["video_id"] is None
    assert len(files_of(settings)) == 1

    assert client.delete(f"/v1/jobs/{second['id']}").json()["video_id"] == first["video_id"]
    assert files_of(settings) == []


def test_what_was_not_told_of_an_erased_job_is_not_told_any_more(client: TestClient, sessions: Sessions) -> None:
    with sessions.begin() as session:
        workspace = ensure_workspace(session, "default")
        create_endpoint(session, workspace, url="http://x/", event_types=(), description=None, secret="s")
    job_id = job_up_to(sessions, "succeeded")
    client.delete(f"/v1/jobs/job_{job_id.hex}")

    with sessions.begin() as session:
        told = "SELECT event.type, delivery.state FROM delivery JOIN event ON event.id = event_id ORDER BY event.id"
        assert session.execute(text(told)).all() == [("job.succeeded", "canceled"), ("job.erased", "ready")]


def test_the_key_of_an_erased_job_makes_a_new_one(client: TestClient) -> None:
    job = submit(client)
    client.delete(f"/v1/jobs/{job['id']}")
    assert submit(client)["id"] != job["id"]


def test_a_running_job_is_erased_and_its_worker_may_write_nothing_more(client: TestClient, sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "running")
    claim(sessions)
    client.delete(f"/v1/jobs/job_{job_id.hex}")

    with sessions.begin() as session:
        assert set(session.scalars(text("SELECT state FROM step"))) == {"done", "canceled"}
        assert session.scalars(text("SELECT type FROM event")).all() == ["job.erased"]


def test_files_that_a_late_worker_left_are_removed_by_the_sweep(
    client: TestClient, sessions: Sessions, settings: Settings
) -> None:
    job_id = job_up_to(sessions, "succeeded")
    video_id = client.delete(f"/v1/jobs/job_{job_id.hex}").json()["video_id"]
    storage = LocalStorage(settings.storage_dir)
    late = [moment_key(job_id, 3), f"videos/{video_id[4:]}/fetched-2"]
    for key in late:
        storage.put(key, b"late")
    hints = HintPublisher(create_celery(settings.broker_url))
    sweep_once(sessions, storage, hints)
    hints.close()
    assert files_of(settings) == []

    for key in late:
        storage.put(key, b"later")
    with sessions.begin() as session:
        session.execute(text("UPDATE job SET erased_at = now() - interval '11 minutes'"))
    purge_erased(sessions, storage)
    assert files_of(settings) == []
    with sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM job WHERE purged_at IS NULL")) == 0


@pytest.mark.parametrize("job_id", ["job_" + "0" * 32, "job_x", "vid_" + "0" * 32])
def test_what_is_not_there_cannot_be_erased(client: TestClient, job_id: str) -> None:
    assert client.delete(f"/v1/jobs/{job_id}").status_code == 404


def test_a_strangers_job_cannot_be_erased(client: TestClient, make_key: MakeKey, settings: Settings) -> None:
    job = submit(client)
    assert client.delete(f"/v1/jobs/{job['id']}", headers=make_key("other")).status_code == 404
    assert len(files_of(settings)) == 1
