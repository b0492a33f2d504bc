from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from starlette.testclient import TestClient

from shared.db.engine import Sessions
from shared.domain.ids import to_wire
from tests.factories import job_up_to
from tests.integration.api.conftest import MakeKey
from tests.integration.api.test_submit import assert_problem, submit


@pytest.fixture
def operator(anonymous: TestClient, make_key: MakeKey) -> TestClient:
    anonymous.headers.update(make_key("operations", scopes=("admin",)))
    return anonymous


def new_workspace(operator: TestClient, name: str = "acme") -> str:
    return str(operator.post("/v1/admin/workspaces", json={"name": name}).json()["id"])


def new_key(operator: TestClient, workspace_id: str, **fields: Any) -> dict[str, Any]:
    answer = operator.post("/v1/admin/keys", json={"workspace_id": workspace_id, "name": "ats", **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def as_key(client: TestClient, key: str) -> int:
    return client.get("/v1/jobs", headers={"Authorization": f"Bearer {key}"}).status_code


def deeds(operator: TestClient, **params: Any) -> list[tuple[str, str]]:
    entries = operator.get("/v1/admin/audit", params=params).json()["items"]
    return [(entry["action"], entry["target"]) for entry in entries]


def test_a_new_workspace_with_a_key_can_be_worked_in_at_once(operator: TestClient) -> None:
    key = new_key(operator, new_workspace(operator))
    operator.headers.update({"Authorization": f"Bearer {key['key']}"})

    assert submit(operator).status_code == 202
    assert_problem(operator.get("/v1/admin/workspaces"), 403, "forbidden")


def test_a_workspace_that_exists_is_the_answer_to_making_it_again(operator: TestClient) -> None:
    first, again = (operator.post("/v1/admin/workspaces", json={"name": "acme"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


def test_limits_change_one_by_one_and_null_takes_one_away(operator: TestClient) -> None:
    path = "/v1/admin/workspaces/" + new_workspace(operator)
    operator.patch(path, json={"max_open_jobs": 5, "video_retention_days": 0.5})
    operator.patch(path, json={"max_open_jobs": None, "requests_per_minute": 60})

    limits = operator.get(path).json()["limits"]
    assert {name: value for name, value in limits.items() if value is not None} == {
        "video_retention_days": 0.5,
        "requests_per_minute": 60,
    }


@pytest.mark.parametrize(
    "limits", [{"max_open_jobs": 0}, {"max_jobs": 1}, {"video_retention_days": -1}, {"max_open_jobs": 2**31}]
)
def test_a_limit_that_is_none_is_refused(operator: TestClient, limits: dict[str, Any]) -> None:
    path = "/v1/admin/workspaces/" + new_workspace(operator)
    assert_problem(operator.patch(path, json=limits), 422, "invalid_request")


def test_a_rotated_key_has_two_secrets_for_a_while_and_then_one(operator: TestClient, sessions: Sessions) -> None:
    key = new_key(operator, new_workspace(operator))
    rotated = operator.post(f"/v1/admin/keys/{key['id']}/rotate").json()
    assert (rotated["id"], rotated["key"] != key["key"]) == (key["id"], True)
    assert (as_key(operator, key["key"]), as_key(operator, rotated["key"])) == (200, 200)

    with sessions.begin() as session:
        session.execute(text("UPDATE api_key SET previous_until = now()"))
    assert (as_key(operator, key["key"]), as_key(operator, rotated["key"])) == (401, 200)


def test_a_leaked_key_is_rotated_without_overlap(operator: TestClient) -> None:
    key = new_key(operator, new_workspace(operator))
    operator.post(f"/v1/admin/keys/{key['id']}/rotate", json={"overlap_s": 0})
    assert as_key(operator, key["key"]) == 401


def test_a_revoked_or_expired_key_is_nobodys(operator: TestClient, sessions: Sessions) -> None:
    workspace_id = new_workspace(operator)
    revoked, expired = (
        new_key(operator, workspace_id),
        new_key(operator, workspace_id, expires_at="2020-01-01T00:00:00Z"),
    )
    assert operator.delete(f"/v1/admin/keys/{revoked['id']}").status_code == 204

    assert (as_key(operator, revoked["key"]), as_key(operator, expired["key"])) == (401, 401)
    assert_problem(operator.delete(f"/v1/admin/keys/{revoked['id']}"), 404, "not_found")
    assert_problem(operator.post(f"/v1/admin/keys/{revoked['id']}/rotate"), 404, "not_found")


def test_a_key_is_made_once_and_its_text_is_shown_once(operator: TestClient) -> None:
    body, once = {"workspace_id": new_workspace(operator), "name": "ats"}, {"Idempotency-Key": "k1"}
    first, again = (operator.post("/v1/admin/keys", json=body, headers=once).json() for _ in range(2))

    assert first.pop("key").startswith("mien_")
    assert again.pop("key") is None
    assert first == again
    listed = operator.get("/v1/admin/keys", params={"workspace_id": body["workspace_id"]}).json()["items"]
    assert listed == [first]


def test_reads_erasures_and_key_changes_are_written_down(
    operator: TestClient, sessions: Sessions, make_key: MakeKey
) -> None:
    job = "/v1/jobs/" + to_wire("job", job_up_to(sessions, "succeeded"))
    reader = {"headers": make_key()}
    operator.get(job + "/result", **reader)  # type: ignore[arg-type]
    operator.get(job + "/timeline", **reader)  # type: ignore[arg-type]
    operator.delete(job, **reader)  # type: ignore[arg-type]
    workspace_id = new_workspace(operator)
    key = new_key(operator, workspace_id)["id"]
    operator.post(f"/v1/admin/keys/{key}/rotate")
    operator.delete(f"/v1/admin/keys/{key}")

    job_id = job.removeprefix("/v1/jobs/")
    assert deeds(operator) == [
        ("key.revoked", key),
        ("key.rotated", key),
        ("key.created", key),
        ("workspace.created", workspace_id),
        ("job.erased", job_id),
        ("timeline.read", job_id),
        ("result.read", job_id),
    ]
    assert deeds(operator, target=job_id, action="result.read") == [("result.read", job_id)]


def test_an_entry_says_who_and_in_which_request(operator: TestClient, sessions: Sessions, make_key: MakeKey) -> None:
    job = "/v1/jobs/" + to_wire("job", job_up_to(sessions, "succeeded"))
    operator.get(job + "/result", headers={**make_key(), "X-Request-ID": "req-7"})
    entry = operator.get("/v1/admin/audit", params={"action": "result.read"}).json()["items"][0]

    keys = operator.get("/v1/admin/keys").json()["items"]
    assert entry["actor"] == "key " + next(key["id"] for key in keys if key["workspace_id"] == entry["workspace_id"])
    assert entry["request_id"] == "req-7"


def test_a_read_that_is_refused_is_not_written_down_as_one(
    operator: TestClient, sessions: Sessions, make_key: MakeKey
) -> None:
    job = "/v1/jobs/" + to_wire("job", job_up_to(sessions, "succeeded"))
    operator.get(job + "/result", headers=make_key("other"))
    assert deeds(operator) == []


def test_the_audit_log_comes_in_pages_or_whole(operator: TestClient) -> None:
    for n in range(5):
        new_workspace(operator, f"w{n}")
    page = operator.get("/v1/admin/audit", params={"limit": 2}).json()
    rest = operator.get("/v1/admin/audit", params={"limit": 10, "cursor": page["next_cursor"]}).json()
    lines = operator.get(
        "/v1/admin/audit", params={"format": "ndjson", "action": "workspace.created"}
    ).text.splitlines()

    assert [entry["action"] for entry in page["items"] + rest["items"]] == ["workspace.created"] * 5
    assert [json.loads(line)["id"] for line in lines] == [entry["id"] for entry in page["items"] + rest["items"]]


def test_the_audit_log_cannot_be_changed(operator: TestClient, sessions: Sessions) -> None:
    new_workspace(operator)
    for statement in ("UPDATE audit_entry SET actor = 'nobody'", "DELETE FROM audit_entry"):
        with pytest.raises(IntegrityError, match="only ever added to"), sessions.begin() as session:
            session.execute(text(statement))


def test_operators_see_what_waits_and_how_long_things_are_kept(operator: TestClient, sessions: Sessions) -> None:
    job_up_to(sessions, "running")
    queue = operator.get("/v1/admin/queue").json()

    assert queue["open_jobs"]["running"]["count"] == 1
    assert queue["claimable_steps"]["segment"]["count"] == 2
    assert operator.get("/v1/admin/retention").json() == {"video_retention_days": 30.0, "result_retention_days": 365.0}
    assert operator.get("/v1/admin/workers").json() == {"items": []}
