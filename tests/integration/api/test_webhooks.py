from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from shared.db.engine import Sessions
from tests.factories import job_up_to
from tests.integration.api.conftest import MakeKey

PUBLIC = "http://93.184.216.34/hook"  # an address, so that no name has to be resolved
REFUSED = [
    "http://127.0.0.1/",
    "http://10.1.2.3/",
    "http://192.168.0.1:8080/x",
    "http://169.254.169.254/latest/meta-data",
    "http://[::1]/",
    "http://[fd00::1]/",
    "http://[64:ff9b::a00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[::ffff:10.0.0.1]/",
    "http://localhost/",
    "http://2130706433/",
    "http://224.0.0.1/",
    "ftp://93.184.216.34/",
    "file:///etc/passwd",
    "http://user:secret@93.184.216.34/",
    "not a url",
]


@pytest.fixture
def owner(anonymous: TestClient, make_key: MakeKey) -> TestClient:
    anonymous.headers.update(make_key(scopes=("webhooks", "jobs:read", "jobs:write")))
    return anonymous


def create(owner: TestClient, **fields: Any) -> dict[str, Any]:
    answer = owner.post("/v1/webhooks", json={"url": PUBLIC, **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_an_endpoint_shows_its_secret_once(owner: TestClient) -> None:
    made = create(owner, event_types=["job.failed"], description="ATS")
    assert made.pop("secret").startswith("whsec_")

    assert owner.get(f"/v1/webhooks/{made['id']}").json() == made
    assert owner.get("/v1/webhooks").json() == {"items": [made]}


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_not_public_is_refused_when_it_is_given(owner: TestClient, url: str) -> None:
    for answer, field in (
        (owner.post("/v1/webhooks", json={"url": url}), "url"),
        (owner.post("/v1/jobs", json={"video_url": url}), "video_url"),
        (owner.post("/v1/jobs", files={"file": b"x"}, data={"webhook_url": url}), "webhook_url"),
    ):
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "url_not_allowed")
        assert problem["errors"][0]["field"] == field
    assert owner.get("/v1/jobs").json()["items"] == []


def test_who_has_no_key_cannot_have_names_looked_up(anonymous: TestClient) -> None:
    assert anonymous.post("/v1/webhooks", json={"url": "http://10.0.0.1/"}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [{}, {"url": 5}, {"url": PUBLIC, "event_types": ["job.exploded"]}, {"url": PUBLIC, "colour": "red"}, {"url": ""}],
)
def test_a_malformed_endpoint_is_refused_by_field(owner: TestClient, body: dict[str, Any]) -> None:
    answer = owner.post("/v1/webhooks", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_rotating_gives_another_secret(owner: TestClient) -> None:
    made = create(owner)
    rotated = owner.post(f"/v1/webhooks/{made['id']}/rotate").json()

    assert rotated["secret"] not in ("", made["secret"])


def test_the_workspaces_secret_stays_until_it_is_rotated(owner: TestClient) -> None:
    first = owner.get("/v1/webhooks/secret").json()["secret"]
    assert owner.get("/v1/webhooks/secret").json()["secret"] == first

    rotated = owner.post("/v1/webhooks/secret/rotate").json()["secret"]
    assert rotated != first
    assert owner.get("/v1/webhooks/secret").json()["secret"] == rotated


def test_a_disabled_endpoint_is_told_nothing_until_it_is_enabled(owner: TestClient, sessions: Sessions) -> None:
    path = f"/v1/webhooks/{create(owner)['id']}"
    disabled = owner.post(f"{path}/disable").json()
    assert (disabled["state"], disabled["disabled_reason"]) == ("disabled", "disabled by request")
    assert owner.post(f"{path}/test").status_code == 409
    job_up_to(sessions, "succeeded")
    assert owner.get("/v1/webhooks/deliveries").json()["items"] == []

    assert owner.post(f"{path}/enable").json()["state"] == "active"
    job_up_to(sessions, "succeeded")
    assert len(owner.get("/v1/webhooks/deliveries").json()["items"]) == 1


def test_a_test_event_is_a_delivery_like_others(owner: TestClient) -> None:
    made = create(owner, event_types=["job.failed"])
    answer = owner.post(f"/v1/webhooks/{made['id']}/test")
    delivery = answer.json()

    assert answer.status_code == 202
    assert (delivery["event_type"], delivery["state"], delivery["attempts"]) == ("endpoint.test", "ready", [])
    assert owner.get(f"/v1/webhooks/deliveries/{delivery['id']}").json() == delivery


def test_a_deleted_endpoint_is_gone_and_its_log_stays(owner: TestClient, sessions: Sessions) -> None:
    path = f"/v1/webhooks/{create(owner)['id']}"
    job_up_to(sessions, "succeeded")

    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404
    assert owner.get("/v1/webhooks").json() == {"items": []}
    [delivery] = owner.get("/v1/webhooks/deliveries").json()["items"]
    assert delivery["state"] == "dead"
    assert owner.post(f"/v1/webhooks/deliveries/{delivery['id']}/redeliver").status_code == 409
    with sessions.begin() as session:
        assert session.execute(text("SELECT url, secret FROM webhook_endpoint")).one() == ("", "")


def test_the_log_is_read_in_pages_and_by_job(owner: TestClient, sessions: Sessions) -> None:
    create(owner)
    jobs = [f"job_{job_up_to(sessions, 'succeeded').hex}" for _ in range(3)]
    first = owner.get("/v1/webhooks/deliveries", params={"limit": 2}).json()
    rest = owner.get("/v1/webhooks/deliveries", params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert [item["job_id"] for item in first["items"] + rest["items"]] == jobs[::-1]
    assert rest["next_cursor"] is None
    [found] = owner.get("/v1/webhooks/deliveries", params={"job_id": jobs[1]}).json()["items"]
    assert found["job_id"] == jobs[1]


def test_a_redelivery_is_due_at_once(owner: TestClient, sessions: Sessions) -> None:
    create(owner)
    job_up_to(sessions, "succeeded")
    [delivery] = owner.get("/v1/webhooks/deliveries").json()["items"]
    with sessions.begin() as session:
        session.execute(text("UPDATE delivery SET state = 'dead', attempts = 10"))
    answer = owner.post(f"/v1/webhooks/deliveries/{delivery['id']}/redeliver")

    assert (answer.status_code, answer.json()["state"]) == (202, "ready")
    assert answer.json()["event_id"] == delivery["event_id"]


def test_another_workspace_sees_none_of_it(owner: TestClient, make_key: MakeKey, sessions: Sessions) -> None:
    made = create(owner)
    job_up_to(sessions, "succeeded")
    [delivery] = owner.get("/v1/webhooks/deliveries").json()["items"]
    stranger = make_key("other", scopes=("webhooks",))
    calls = [("GET", f"/{made['id']}"), ("DELETE", f"/{made['id']}"), ("GET", f"/deliveries/{delivery['id']}")]
    calls += [("POST", f"/{made['id']}/{what}") for what in ("rotate", "enable", "disable", "test")]
    calls += [("POST", f"/deliveries/{delivery['id']}/redeliver")]

    for method, path in calls:
        assert owner.request(method, f"/v1/webhooks{path}", headers=stranger).status_code == 404, path
    assert owner.get("/v1/webhooks", headers=stranger).json() == {"items": []}
    assert owner.get("/v1/webhooks/deliveries", headers=stranger).json()["items"] == []


def test_webhooks_need_their_own_scope(client: TestClient) -> None:
    assert client.get("/v1/webhooks").status_code == 403
    assert client.post("/v1/webhooks", json={"url": PUBLIC}).status_code == 403


def test_a_workspace_may_have_fifty_endpoints(owner: TestClient) -> None:
    for _ in range(50):
        create(owner)
    answer = owner.post("/v1/webhooks", json={"url": PUBLIC})
    assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")
