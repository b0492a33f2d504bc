from __future__ import annotations

from urllib.parse import quote

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from shared.db.engine import Sessions
from shared.queue import HintPublisher, create_celery
from shared.settings import Settings
from shared.storage.local import LocalStorage
from tests.factories import claim
from tests.integration.api.conftest import MakeKey
from tests.integration.api.test_erase import MARKER, files_of, submit, tables_with
from tests.integration.api.test_submit import assert_problem
from tests.integration.api.test_webhooks import PUBLIC
from worker.sweep import sweep_once

URL = f"{PUBLIC}/{MARKER}"


def test_everything_under_a_reference_goes_and_nothing_else(
    client: TestClient, sessions: Sessions, settings: Settings
) -> None:
    mine = [submit(client, webhook_url=URL)["id"]]
    client.headers.update({"Idempotency-Key": "two"})
    mine.append(client.post("/v1/jobs", files={"file": b"again"}, data={"reference": MARKER}).json()["id"])
    other = client.post(
        "/v1/jobs", files={"file": b"other"}, data={"reference": "somebody"}, headers={"Idempotency-Key": "3"}
    )

    receipt = client.delete(f"/v1/subjects/{MARKER}").json()
    assert (sorted(receipt["jobs"]), len(receipt["videos"])) == (sorted(mine), 2)
    assert len(files_of(settings)) == 1
    assert {client.get(f"/v1/jobs/{job}").json()["state"] for job in mine} == {"erased"}
    assert client.get(f"/v1/jobs/{other.json()['id']}").json()["state"] == "queued"
    assert client.delete(f"/v1/subjects/{MARKER}").json()["jobs"] == []


def test_the_marker_is_in_no_table_once_the_last_was_told(client: TestClient, sessions: Sessions) -> None:
    submit(client, webhook_url=URL)
    client.delete(f"/v1/subjects/{MARKER}")
    assert tables_with(sessions, MARKER) == ["delivery"]  # the address that is still told of the erasure

    with sessions.begin() as session:
        session.execute(text("UPDATE delivery SET state = 'leased', lease_token = 1 WHERE state = 'ready'"))
    deliver(sessions)
    assert tables_with(sessions, MARKER) == []


def deliver(sessions: Sessions) -> None:
    from shared.db.deliveries import claim_delivery, settle_delivery
    from shared.domain.delivery import Outcome

    with sessions.begin() as session:
        session.execute(text("UPDATE delivery SET leased_until = now() - interval '1 s' WHERE state = 'leased'"))
        taken = claim_delivery(session, "test", 30.0)
        assert taken is not None
        settle_delivery(session, taken, Outcome(status=200, latency_s=0.1, error=None, answer="ok"), lambda: 0.5)


@pytest.mark.parametrize("reference", ["a/b?c#d", "100 %", "Ünï cödé", "..", " "])
def test_any_reference_can_be_named_in_the_address(client: TestClient, reference: str) -> None:
    client.post("/v1/jobs", files={"file": b"x"}, data={"reference": reference})
    receipt = client.delete(f"/v1/subjects/{quote(reference, safe='').replace('.', '%2E')}")
    assert (receipt.status_code, len(receipt.json()["jobs"])) == (200, 1)


def test_another_workspaces_subject_is_untouched(client: TestClient, make_key: MakeKey) -> None:
    job = submit(client)
    assert client.delete(f"/v1/subjects/{MARKER}", headers=make_key("other")).json()["jobs"] == []
    assert client.get(f"/v1/jobs/{job['id']}").json()["reference"] == MARKER


def test_a_running_job_of_the_subject_is_erased_too(client: TestClient, sessions: Sessions) -> None:
    job = submit(client)
    claim(sessions)
    assert client.delete(f"/v1/subjects/{MARKER}").json()["jobs"] == [job["id"]]


def test_a_recording_is_erased_and_its_results_stay(client: TestClient, sessions: Sessions, settings: Settings) -> None:
    job = submit(client)
    busy = client.delete(f"/v1/videos/{job['video_id']}")
    assert_problem(busy, 409, "state_conflict")
    client.post(f"/v1/jobs/{job['id']}/cancel")

    receipt = client.delete(f"/v1/videos/{job['video_id']}")
    assert (receipt.status_code, receipt.json()["video_id"]) == (200, job["video_id"])
    assert files_of(settings) == []
    left = client.get(f"/v1/videos/{job['video_id']}").json()
    assert (left["state"], left["name"], left["sha256"]) == ("deleted", "", None)
    assert client.get(f"/v1/jobs/{job['id']}").json()["reference"] == MARKER
    assert_problem(client.post(f"/v1/jobs/{job['id']}/retry"), 410, "gone")


def test_videos_are_listed_until_they_are_erased(client: TestClient) -> None:
    made = [client.post("/v1/videos", content=f"{n}".encode()).json() for n in range(3)]
    client.delete(f"/v1/videos/{made[1]['id']}")
    page = client.get("/v1/videos", params={"limit": 1}).json()
    rest = client.get("/v1/videos", params={"cursor": page["next_cursor"]}).json()

    assert page["items"] + rest["items"] == [made[2], made[0]]


def test_a_video_that_is_sent_again_is_stored_once(client: TestClient, settings: Settings) -> None:
    once = {"Idempotency-Key": "v1"}
    first, again = (client.post("/v1/videos", content=b"recording", headers=once).json() for _ in range(2))

    assert first == again
    assert len(files_of(settings)) == 1


def test_a_workspace_keeps_recordings_and_results_for_its_own_time(
    client: TestClient, sessions: Sessions, settings: Settings
) -> None:
    job = submit(client)
    client.post(f"/v1/jobs/{job['id']}/cancel")
    kept = submit_elsewhere(client)
    with sessions.begin() as session:
        session.execute(text("UPDATE workspace SET result_retention_days = 2, video_retention_days = 1"))
        session.execute(text("UPDATE job SET finished_at = now() - interval '3 days' WHERE finished_at IS NOT NULL"))
    sweep_once(sessions, LocalStorage(settings.storage_dir), HintPublisher(create_celery(settings.broker_url)))

    assert client.get(f"/v1/jobs/{job['id']}").json()["state"] == "erased"
    assert client.get(f"/v1/jobs/{kept}").json()["state"] == "queued"
    with sessions.begin() as session:
        actions = session.execute(text("SELECT actor, action FROM audit_entry WHERE actor = 'sweep'")).all()
    assert [tuple(row) for row in actions] == [("sweep", "job.expired")]
    video = client.post("/v1/videos", content=b"short-lived").json()
    assert video["expires_at"][:10] != video["created_at"][:10]


def submit_elsewhere(client: TestClient) -> str:
    return str(client.post("/v1/jobs", files={"file": b"kept"}, headers={"Idempotency-Key": "kept"}).json()["id"])
