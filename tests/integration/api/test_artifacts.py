"""Artifacts over HTTP: asked for, followed, fetched in parts, and gone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from shared.db.artifacts import commit_artifact
from shared.db.claims import claim_step
from shared.db.engine import Sessions
from shared.db.erasure import erase_video
from shared.db.jobs import get_jobs
from shared.db.steps import refuse, report_progress
from shared.domain.artifact import ArtifactFile
from shared.domain.errors import MediaUnreadable
from shared.domain.ids import JobId, to_wire
from shared.domain.step import Claim
from shared.settings import Settings
from shared.storage.local import LocalStorage
from shared.storage.port import artifact_key, making_key
from tests.factories import a_bearer, job_up_to
from tests.integration.api.conftest import MakeKey
from tests.integration.api.test_submit import assert_problem

CONTENT = bytes(range(256)) * 8
MP4 = b"\0\0\0\x20ftypisom" + CONTENT


def path_of(job_id: JobId, kind: str = "") -> str:
    return f"/v1/jobs/{to_wire('job', job_id)}/artifacts" + (f"/{kind}" if kind else "")


def ask(client: TestClient, job_id: JobId, kind: str, **more: Any) -> Any:
    return client.post(path_of(job_id), json={"kind": kind, **more})


def claim(sessions: Sessions) -> Claim:
    with sessions.begin() as session:
        taken = claim_step(session, a_bearer(classes=("encode", "write")))
    assert taken is not None
    return taken


def make(sessions: Sessions, settings: Settings, content: bytes = CONTENT, media_type: str = "video/mp4") -> None:
    """Carry out the next step that makes an artifact."""
    taken = claim(sessions)
    job_id, kind = taken.key.job_id, taken.key.kind
    assembly = LocalStorage(settings.storage_dir).assemble(
        artifact_key(job_id, kind), making_key(job_id, kind, taken.token)
    )
    assembly.write(content)
    stored = assembly.finish(lambda: None)
    file = ArtifactFile(media_type=media_type, size_bytes=stored.size_bytes, sha256=stored.sha256)
    with sessions.begin() as session:
        commit_artifact(session, taken, file)
        assembly.publish()


@pytest.fixture
def job_id(sessions: Sessions) -> JobId:
    return job_up_to(sessions, "succeeded")


@pytest.fixture
def annotated(client: TestClient, sessions: Sessions, settings: Settings, job_id: JobId) -> str:
    """The address of one that is ready."""
    ask(client, job_id, "annotated")
    make(sessions, settings)
    return path_of(job_id, "annotated")


def test_an_artifact_is_asked_for_followed_and_fetched(
    client: TestClient, sessions: Sessions, settings: Settings, job_id: JobId
) -> None:
    asked = ask(client, job_id, "annotated")
    assert (asked.status_code, asked.json()["state"], asked.json()["percent"]) == (202, "waiting", 0.0)
    assert asked.headers["location"] == asked.json()["links"]["self"]
    assert asked.json()["links"]["self"].endswith(path_of(job_id, "annotated"))

    taken = claim(sessions)
    with sessions.begin() as session:
        report_progress(session, taken, 425)
    waited = client.get(path_of(job_id, "annotated"))
    assert (waited.status_code, waited.json()["state"], waited.json()["percent"]) == (202, "running", 42.5)
    assert waited.headers["retry-after"]

    with sessions.begin() as session:
        session.execute(text("UPDATE step SET leased_until = now() WHERE kind = 'annotated'"))
    make(sessions, settings)
    fetched = client.get(path_of(job_id, "annotated"))
    assert (fetched.status_code, fetched.content) == (200, CONTENT)
    assert fetched.headers["content-type"] == "video/mp4"
    again = ask(client, job_id, "annotated")
    assert (again.status_code, again.json()["state"], again.json()["size_bytes"]) == (200, "ready", len(CONTENT))


def test_those_that_were_asked_for_are_listed(client: TestClient, sessions: Sessions, job_id: JobId) -> None:
    assert client.get(path_of(job_id)).json() == {"items": []}
    ask(client, job_id, "report", language="ko")
    ask(client, job_id, "playable")

    items = client.get(path_of(job_id)).json()["items"]
    assert [(item["kind"], item["language"]) for item in items] == [("report", "ko"), ("playable", None)]


def test_fetching_has_no_side_effect(client: TestClient, sessions: Sessions, job_id: JobId) -> None:
    assert_problem(client.get(path_of(job_id, "report")), 404, "not_found")

    with sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM artifact")) == 0


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-99", 206, range(100)),
        ("bytes=100-", 206, range(100, 2048)),
        ("bytes=-48", 206, range(2000, 2048)),
        ("bytes=2000-9999", 206, range(2000, 2048)),
        ("bytes=0-0", 206, range(1)),
        ("bytes=0-9,20-29", 200, range(2048)),
        ("bytes=9-3", 200, range(2048)),
        ("lines=1-2", 200, range(2048)),
        ("bytes=x", 200, range(2048)),
    ],
)
def test_a_player_gets_the_range_it_asks_for(
    client: TestClient, annotated: str, wanted: str, status: int, part: range
) -> None:
    answer = client.get(annotated, headers={"range": wanted})

    assert (answer.status_code, answer.content) == (status, CONTENT[part.start : part.stop])
    assert answer.headers["content-length"] == str(len(part))
    if status == 206:
        assert answer.headers["content-range"] == f"bytes {part.start}-{part.stop - 1}/2048"


@pytest.mark.parametrize("wanted", ["bytes=2048-", "bytes=9999-99999", "bytes=-0"])
def test_a_range_past_the_end_is_refused(client: TestClient, annotated: str, wanted: str) -> None:
    answer = client.get(annotated, headers={"range": wanted})

    assert_problem(answer, 416, "range_not_satisfiable")
    assert answer.headers["content-range"] == "bytes */2048"


def test_what_a_client_has_is_not_sent_again(client: TestClient, annotated: str) -> None:
    etag = client.get(annotated).headers["etag"]

    assert client.get(annotated, headers={"if-none-match": f'"other", W/{etag}'}).status_code == 304
    assert client.get(annotated, headers={"range": "bytes=0-1", "if-range": etag}).status_code == 206
    assert client.get(annotated, headers={"range": "bytes=0-1", "if-range": '"other"'}).status_code == 200
    head = client.head(annotated)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "2048")


def test_a_report_is_saved_and_never_shown_as_a_page_of_ours(
    client: TestClient, sessions: Sessions, settings: Settings, job_id: JobId
) -> None:
    ask(client, job_id, "report")
    make(sessions, settings, b"<!doctype html>", "text/html")
    answer = client.get(path_of(job_id, "report"))

    assert answer.headers["content-disposition"].startswith(
        f'attachment; filename="{to_wire("job", job_id)}.report.html"'
    )
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_one_that_could_not_be_made_says_why_and_is_tried_anew(
    client: TestClient, sessions: Sessions, job_id: JobId
) -> None:
    ask(client, job_id, "playable")
    taken = claim(sessions)
    with sessions.begin() as session:
        refuse(session, taken, MediaUnreadable("no frame decodes"))

    answer = client.get(path_of(job_id, "playable"))
    assert_problem(answer, 409, "artifact_failed")
    assert "media_unreadable" in answer.json()["detail"]
    (item,) = client.get(path_of(job_id)).json()["items"]
    assert (item["state"], item["error"]["code"]) == ("failed", "media_unreadable")
    assert ask(client, job_id, "playable").json()["state"] == "waiting"


def test_before_the_result_and_after_the_erasure_there_are_none(
    client: TestClient, sessions: Sessions, job_id: JobId
) -> None:
    running = job_up_to(sessions, "running")
    assert_problem(ask(client, running, "report"), 409, "state_conflict")
    assert_problem(client.get(path_of(running, "report")), 409, "state_conflict")

    client.delete(f"/v1/jobs/{to_wire('job', job_id)}")
    for answer in (ask(client, job_id, "report"), client.get(path_of(job_id)), client.get(path_of(job_id, "report"))):
        assert_problem(answer, 410, "gone")


def test_what_is_made_of_the_recording_is_gone_with_it(
    client: TestClient, sessions: Sessions, job_id: JobId, annotated: str
) -> None:
    with sessions.begin() as session:
        job = get_jobs(session, [job_id])[0]
        erase_video(session, job.workspace_id, job.video_id)

    assert_problem(client.get(annotated), 410, "media_gone")
    assert_problem(ask(client, job_id, "annotated"), 410, "media_gone")
    assert ask(client, job_id, "report").status_code == 202


def test_a_foreign_job_is_no_job(client: TestClient, make_key: MakeKey, job_id: JobId, annotated: str) -> None:
    other = make_key("other")

    assert_problem(client.get(annotated, headers=other), 404, "not_found")
    assert_problem(client.get(path_of(job_id), headers=other), 404, "not_found")
    assert_problem(client.post(path_of(job_id), json={"kind": "report"}, headers=other), 404, "not_found")


def test_a_key_that_may_only_read_makes_nothing(client: TestClient, make_key: MakeKey, job_id: JobId) -> None:
    reader = make_key(scopes=("jobs:read",))

    assert_problem(client.post(path_of(job_id), json={"kind": "report"}, headers=reader), 403, "forbidden")
    assert client.get(path_of(job_id), headers=reader).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{}, {"kind": "poster"}, {"kind": "report", "language": "xx"}, {"kind": "playable", "language": "ko"},
              {"kind": "report", "more": 1}]
)  # fmt: skip
def test_a_wish_that_cannot_be_understood_is_refused(client: TestClient, job_id: JobId, wrong: Any) -> None:
    assert_problem(client.post(path_of(job_id), json=wrong), 422, "invalid_request")


def test_an_idempotency_key_stands_for_one_wish(client: TestClient, job_id: JobId) -> None:
    key = {"Idempotency-Key": "one"}
    first = client.post(path_of(job_id), json={"kind": "report"}, headers=key)
    second = client.post(path_of(job_id), json={"kind": "report"}, headers=key)

    assert first.json() == second.json()
    other = client.post(path_of(job_id), json={"kind": "archive"}, headers=key)
    assert_problem(other, 422, "idempotency_key_reused")


def test_each_read_is_written_down(client: TestClient, sessions: Sessions, annotated: str, job_id: JobId) -> None:
    client.get(annotated)

    with sessions.begin() as session:
        targets = session.scalars(text("SELECT target FROM audit_entry WHERE action = 'artifact.read'")).all()
    assert targets == [f"{to_wire('job', job_id)}/annotated"]
