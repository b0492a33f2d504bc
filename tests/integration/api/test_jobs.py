from __future__ import annotations

import csv
import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from shared.db.engine import Sessions
from shared.db.logins import create_login_token
from shared.db.results import commit_finish
from shared.db.workspaces import ensure_workspace
from shared.domain.ids import JobId, to_wire
from shared.domain.timeline import CSV_COLUMNS
from shared.settings import Settings
from shared.storage.local import LocalStorage
from shared.storage.port import moment_key
from tests.factories import PLAN, a_job, a_result, claim, job_up_to
from tests.integration.api.test_submit import assert_problem


def path_of(job_id: JobId) -> str:
    return f"/v1/jobs/{to_wire('job', job_id)}"


def test_a_job_shows_state_progress_and_links(client: TestClient, sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "running")
    job = client.get(path_of(job_id)).json()

    assert job["state"] == "running"
    assert job["progress"]["samples_total"] == PLAN.samples_total
    assert job["links"]["report"].endswith(f"/jobs/{job['id']}")


def test_a_result_has_the_shape_that_was_promised(client: TestClient, sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "succeeded")
    result = client.get(path_of(job_id) + "/result").json()

    assert list(result) == [
        "job_id", "state", "total_score", "minus_log", "score", "coverage", "quality", "emotions",
        "moments", "tracks", "video", "provenance", "warnings", "notice",
    ]  # fmt: skip
    assert result["state"] == "succeeded"
    assert result["moments"][0]["thumbnail"].endswith(f"{path_of(job_id)}/moments/0.jpg")


def test_there_is_no_result_before_the_job_is_over(client: TestClient, sessions: Sessions) -> None:
    assert_problem(client.get(path_of(job_up_to(sessions, "running")) + "/result"), 409, "state_conflict")


def test_the_timeline_comes_in_pages_that_join_seamlessly(client: TestClient, sessions: Sessions) -> None:
    timeline = path_of(job_up_to(sessions, "succeeded")) + "/timeline"
    numbers: list[int] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = client.get(timeline, params={"limit": 4, "cursor": cursor}).json()
        numbers += [item["sample"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert numbers == list(range(PLAN.samples_total))


def test_the_timeline_as_csv_has_one_row_per_face_or_empty_sample(client: TestClient, sessions: Sessions) -> None:
    answer = client.get(path_of(job_up_to(sessions, "succeeded")) + "/timeline", headers={"accept": "text/csv"})

    assert answer.headers["content-type"].startswith("text/csv")
    header, *lines = csv.reader(io.StringIO(answer.text))
    assert tuple(header) == CSV_COLUMNS
    assert [line[-1] for line in lines] == ["happy", "happy", "", "fear", "fear", "fear"]


def test_the_timeline_as_ndjson_has_one_line_per_sample(client: TestClient, sessions: Sessions) -> None:
    answer = client.get(
        path_of(job_up_to(sessions, "succeeded")) + "/timeline", headers={"accept": "application/x-ndjson"}
    )

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["status"] for line in lines] == ["face", "face", "no_face", "face", "face", "face"]


def test_a_type_that_is_not_offered_is_refused(client: TestClient, sessions: Sessions) -> None:
    answer = client.get(path_of(job_up_to(sessions, "succeeded")) + "/timeline", headers={"accept": "image/png"})

    assert_problem(answer, 422, "invalid_request")


def test_the_picture_of_a_moment_is_there_once_it_is_made(
    client: TestClient, sessions: Sessions, settings: Settings
) -> None:
    job_id = job_up_to(sessions, "succeeded")
    picture = path_of(job_id) + "/moments/0.jpg"
    assert_problem(client.get(picture), 404, "not_found")

    LocalStorage(settings.storage_dir).put(moment_key(job_id, 0), b"jpeg")
    assert client.get(picture).content == b"jpeg"


def test_jobs_are_listed_newest_first_in_pages_that_new_jobs_do_not_shift(
    client: TestClient, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        ids = [to_wire("job", a_job(session)) for _ in range(5)]
    first = client.get("/v1/jobs", params={"limit": 2}).json()
    with sessions.begin() as session:
        a_job(session)
    second = client.get("/v1/jobs", params={"limit": 3, "cursor": first["next_cursor"]}).json()

    assert [job["id"] for job in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None


def test_a_list_can_be_narrowed_to_one_state(client: TestClient, sessions: Sessions) -> None:
    done = job_up_to(sessions, "succeeded")
    with sessions.begin() as session:
        a_job(session)

    (only,) = client.get("/v1/jobs", params={"state": "succeeded"}).json()["items"]
    assert only["id"] == to_wire("job", done)


def test_a_waiting_job_can_be_canceled_once(client: TestClient, sessions: Sessions) -> None:
    cancel = path_of(job_up_to(sessions, "queued")) + "/cancel"

    assert client.post(cancel).json()["state"] == "canceled"
    assert_problem(client.post(cancel), 409, "state_conflict")


def test_a_client_that_prefers_to_wait_is_answered_when_the_job_ends(client: TestClient, sessions: Sessions) -> None:
    job_id = job_up_to(sessions, "finishing")
    taken = claim(sessions)

    def finish() -> None:
        with sessions.begin() as session:
            commit_finish(session, taken, a_result(job_id), [])

    threading.Timer(0.3, finish).start()
    job = client.get(path_of(job_id), headers={"prefer": "wait=30"}).json()
    assert job["state"] == "succeeded"


def test_a_client_that_waits_in_vain_gets_the_job_as_it_is(client: TestClient, sessions: Sessions) -> None:
    job = client.get(path_of(job_up_to(sessions, "queued")), headers={"prefer": "wait=1"}).json()

    assert job["state"] == "queued"


@pytest.mark.parametrize("bad", ["job_1", "job_" + "0" * 31, "vid_" + "0" * 32, "job_%00", "%2e%2e%2fetc"])
def test_what_is_no_job_id_names_nothing(client: TestClient, bad: str) -> None:
    assert client.get(f"/v1/jobs/{bad}").status_code == 404


def test_a_job_of_another_workspace_does_not_exist(client: TestClient, sessions: Sessions) -> None:
    foreign = path_of(job_up_to(sessions, "succeeded", "other"))

    for path in ("", "/result", "/timeline", "/moments/0.jpg"):
        assert_problem(client.get(foreign + path), 404, "not_found")
    assert_problem(client.post(foreign + "/cancel"), 404, "not_found")
    assert client.get("/v1/jobs").json()["items"] == []


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer nonsense", "Basic eDp5", "Bearer mien_" + "0" * 32 + "_guess"]
)
def test_no_key_or_a_wrong_one_is_asked_for_a_right_one(anonymous: TestClient, authorization: str) -> None:
    answer = anonymous.get("/v1/jobs", headers={"authorization": authorization})

    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_opens_nothing(client: TestClient, sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.execute(text("UPDATE api_key SET revoked_at = now()"))

    assert_problem(client.get("/v1/jobs"), 401, "unauthenticated")


def test_a_key_that_may_only_read_cannot_submit(anonymous: TestClient, make_key: Any) -> None:
    reader = make_key(scopes=("jobs:read",))

    assert anonymous.get("/v1/jobs", headers=reader).status_code == 200
    assert_problem(anonymous.post("/v1/videos", content=b"x", headers=reader), 403, "forbidden")


def signed_in(anonymous: TestClient, sessions: Sessions) -> str:
    with sessions.begin() as session:
        token = create_login_token(session, ensure_workspace(session, "default"))
    answer = anonymous.get("/login", params={"token": token, "next": "/jobs/x"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs/x")
    return token


def test_a_login_link_signs_a_browser_in_once(anonymous: TestClient, sessions: Sessions) -> None:
    token = signed_in(anonymous, sessions)
    assert anonymous.get("/v1/jobs").status_code == 200

    anonymous.cookies.clear()
    again = anonymous.get("/login", params={"token": token})
    assert again.headers["location"] == "/sign-in?why=link&next=/"
    assert_problem(anonymous.get("/v1/jobs"), 401, "unauthenticated")


def test_a_login_link_never_leads_to_another_host(anonymous: TestClient, sessions: Sessions) -> None:
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example"):
        with sessions.begin() as session:
            token = create_login_token(session, ensure_workspace(session, "default"))
        answer = anonymous.get("/login", params={"token": token, "next": elsewhere})
        assert answer.headers["location"] == "/"


def test_a_foreign_page_cannot_use_the_session_of_a_browser(anonymous: TestClient, sessions: Sessions) -> None:
    signed_in(anonymous, sessions)

    foreign = anonymous.post("/v1/videos", content=b"x", headers={"origin": "https://evil.example"})
    assert_problem(foreign, 403, "forbidden")
    assert anonymous.post("/v1/videos", content=b"x", headers={"origin": "http://testserver"}).status_code == 201


def test_a_request_for_another_host_is_refused(anonymous: TestClient) -> None:
    assert_problem(anonymous.get("/healthz", headers={"host": "evil.example"}), 400, "unknown_host")


@pytest.mark.parametrize("query", [{"cursor": "zzz"}, {"cursor": "\0"}, {"video_id": "x"}, {"reference": "\0"}])
def test_a_malformed_filter_is_invalid_rather_than_missing(client: TestClient, query: dict[str, str]) -> None:
    assert_problem(client.get("/v1/jobs", params=query), 422, "invalid_request")


def test_a_method_that_is_not_offered_is_told_which_are(client: TestClient) -> None:
    answer = client.delete("/healthz")

    assert_problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]
    assert client.head("/healthz").status_code == 200


def test_the_prototypes_call_needs_a_key_unless_a_workspace_is_set_aside(anonymous: TestClient) -> None:
    assert_problem(anonymous.post("/upload", files={"file": ("a.mp4", b"x")}), 401, "unauthenticated")


def test_the_prototypes_call_answers_with_the_job_when_it_takes_too_long(settings: Settings) -> None:
    with TestClient(create_app(settings.model_copy(update={"compat_workspace": "default"}))) as client:
        answer = client.post("/upload", files={"file": ("a.mp4", b"x")})
        foreign = client.post("/upload", files={"file": ("a.mp4", b"x")}, headers={"origin": "https://evil.example"})

    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert_problem(foreign, 403, "forbidden")


def test_the_process_lives_and_is_ready(anonymous: TestClient) -> None:
    assert anonymous.get("/healthz").json() == {"status": "ok"}
    assert anonymous.get("/readyz").json() == {"database": True, "storage": True, "broker": True}


def test_without_a_database_the_process_lives_but_is_not_ready(settings: Settings, tmp_path: Path) -> None:
    nowhere = settings.model_copy(update={"database_url": f"postgresql+psycopg2://mien@/x?host={tmp_path}"})
    with TestClient(create_app(nowhere)) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        answer = client.get("/v1/jobs", headers={"authorization": "Bearer mien_" + "0" * 32 + "_x"})
    assert_problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
