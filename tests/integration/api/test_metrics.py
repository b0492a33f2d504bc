from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient

from api.main import create_app
from shared.db.endpoints import create_endpoint
from shared.db.engine import Sessions
from shared.db.workspaces import ensure_workspace
from shared.metrics import STALE_COMMITS
from shared.settings import Settings
from tests.factories import claim, job_up_to
from worker.metrics import serve_metrics

LOOPBACK = ("127.0.0.1", 50000)
Told = Callable[[], str]


def value_of(told: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", told, re.MULTILINE)
    assert found, f"{name} is not among\n{told}"
    return float(found[1])


@contextmanager
def asked_from(settings: Settings, peer: tuple[str, int]) -> Iterator[TestClient]:
    with TestClient(create_app(settings), client=peer) as client:
        yield client


@pytest.fixture
def told(settings: Settings) -> Iterator[Told]:
    with asked_from(settings, LOOPBACK) as client:
        yield lambda: client.get("/metrics").text


def test_the_metrics_tell_how_many_jobs_wait_and_for_how_long(sessions: Sessions, told: Told) -> None:
    for state in ("succeeded", "running", "queued"):
        job_up_to(sessions, state)
    with sessions.begin() as session:
        session.execute(text("UPDATE job SET created_at = now() - interval '1 hour' WHERE state = 'queued'"))

    lines = told()
    assert value_of(lines, 'mien_open_jobs{state="queued"}') == 1
    assert value_of(lines, 'mien_open_jobs{state="running"}') == 1
    assert value_of(lines, 'mien_open_jobs{state="canceling"}') == 0
    assert value_of(lines, 'mien_open_jobs_oldest_seconds{state="queued"}') == pytest.approx(3600, abs=60)
    assert value_of(lines, 'mien_claimable_steps{kind="plan"}') == 1
    assert value_of(lines, 'mien_claimable_steps{kind="segment"}') == 2
    assert value_of(lines, "mien_database_up") == 1


def test_the_metrics_tell_of_leases_that_ran_out_and_of_late_deliveries(sessions: Sessions, told: Told) -> None:
    with sessions.begin() as session:
        workspace = ensure_workspace(session, "default")
        create_endpoint(session, workspace, url="http://x/", event_types=(), description=None, secret="s")
    job_up_to(sessions, "succeeded")
    job_up_to(sessions, "queued")
    claim(sessions)
    with sessions.begin() as session:
        session.execute(text("UPDATE step SET leased_until = now() - interval '1 second' WHERE state = 'leased'"))
        session.execute(text("UPDATE delivery SET not_before = now() - interval '10 minutes'"))

    lines = told()
    assert value_of(lines, "mien_overdue_leases") == value_of(lines, "mien_leased_steps") == 1
    assert value_of(lines, "mien_due_deliveries") == 1
    assert value_of(lines, "mien_oldest_due_delivery_seconds") == pytest.approx(600, abs=60)


def test_requests_are_counted_by_their_pattern_and_not_by_their_ids(settings: Settings) -> None:
    with asked_from(settings, LOOPBACK) as client:
        client.get("/v1/jobs/job_" + "0" * 32)
        lines = client.get("/metrics").text
    labels = 'method="GET",route="/v1/jobs/{job_id}",status="401"'
    assert value_of(lines, f"mien_request_seconds_count{{{labels}}}") >= 1
    assert "job_000" not in lines


def test_a_method_of_the_clients_own_making_is_no_series_of_its_own(settings: Settings) -> None:
    with asked_from(settings, LOOPBACK) as client:
        client.request("BREW-4711", "/healthz")
        lines = client.get("/metrics").text
    assert "BREW" not in lines
    assert 'method="other"' in lines


def test_without_a_token_only_the_machine_itself_may_read(settings: Settings) -> None:
    with asked_from(settings, ("10.0.0.7", 50000)) as client:
        assert client.get("/metrics").status_code == 401
    with asked_from(settings, LOOPBACK) as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", headers={"x-forwarded-for": "10.0.0.7"}).status_code == 401


def test_with_a_token_only_who_sends_it_may_read(settings: Settings) -> None:
    guarded = settings.model_copy(update={"metrics_token": SecretStr("open sesame")})
    with asked_from(guarded, ("10.0.0.7", 50000)) as client:
        assert client.get("/metrics", headers={"authorization": "Bearer open sesame"}).status_code == 200
        assert client.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 401
    with asked_from(guarded, LOOPBACK) as client:
        assert client.get("/metrics").status_code == 401


def test_without_a_database_the_process_still_tells_what_it_counted(settings: Settings) -> None:
    away = settings.model_copy(update={"database_url": "postgresql+psycopg2://127.0.0.1:1/none"})
    with asked_from(away, LOOPBACK) as client:
        lines = client.get("/metrics").text
    assert value_of(lines, "mien_database_up") == 0
    assert "mien_storage_errors_total" in lines


def test_a_worker_tells_what_it_counted() -> None:
    port = serve_metrics("127.0.0.1", 0, "")
    STALE_COMMITS.labels("step").inc()
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode()

    assert value_of(lines, 'mien_stale_commits_rejected_total{of="step"}') >= 1
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"http://127.0.0.1:{port}/")


def test_a_workers_token_guards_its_metrics() -> None:
    port = serve_metrics("127.0.0.1", 0, "open sesame")
    with pytest.raises(HTTPError, match="401"):
        urlopen(f"http://127.0.0.1:{port}/metrics")
    asked = Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": "Bearer open sesame"})
    with urlopen(asked) as answer:
        assert answer.status == 200


def test_a_worker_whose_port_is_taken_works_on_unwatched() -> None:
    port = serve_metrics("127.0.0.1", 0, "")
    assert port is not None
    assert serve_metrics("127.0.0.1", port, "") is None
