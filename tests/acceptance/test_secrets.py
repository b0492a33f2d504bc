"""What is secret stays out of every log, also when things go wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from cli.reach import open_sessions
from cli.run import start
from cli.stack.stack import EmbeddedStack
from shared.db.engine import transaction
from shared.db.keys import create_key
from shared.db.logins import create_login_token
from shared.db.workspaces import ensure_workspace
from tests.acceptance.conftest import QUICK
from tests.receiver import Receiver, Reply, receiving

METRICS_TOKEN = "metrics-token-4711"
IN_URLS = "url-secret-0815"
REFERENCE = "reference-of-a-person"
FILE_NAME = "name-of-a-person.mp4"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    variables = {**QUICK, "MIEN_METRICS_TOKEN": METRICS_TOKEN, "MIEN_ALLOWED_NETWORKS": "127.0.0.0/8"}
    with EmbeddedStack(tmp_path_factory.mktemp("home"), port=0, analysers=1) as stack:
        start(stack, stack.home.path, variables)
        yield stack


@pytest.fixture
def refusing() -> Iterator[Receiver]:
    with receiving(lambda _: Reply(500)) as one:
        yield one


def logs_of(stack: EmbeddedStack) -> str:
    return "\n".join(path.read_text(errors="replace") for path in sorted(stack.home.logs.iterdir()))


def test_keys_secrets_and_what_belongs_to_a_person_never_reach_a_log(
    stack: EmbeddedStack, recording: Path, refusing: Receiver
) -> None:
    home = stack.home.path
    with open_sessions(home) as sessions, transaction(sessions) as session:
        workspace = ensure_workspace(session, "default")
        key = create_key(session, workspace, "test", ("jobs:read", "jobs:write", "webhooks"))
        login_token = create_login_token(session, workspace)
    headers = {"Authorization": f"Bearer {key}"}
    with httpx2.Client(base_url=stack.url, headers=headers, timeout=60, trust_env=False) as http:
        made = http.post("/v1/webhooks", json={"url": f"{refusing.url}/?token={IN_URLS}"}).json()
        rotated = http.post(f"/v1/webhooks/{made['id']}/rotate").json()["secret"]
        workspace_secret = http.get("/v1/webhooks/secret").json()["secret"]
        http.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
        http.get("/login", params={"token": login_token})
        form = {"reference": REFERENCE, "webhook_url": f"{refusing.url}/?token={IN_URLS}"}
        job = http.post("/v1/jobs", data=form, files={"file": (FILE_NAME, recording.read_bytes())}).json()
        http.post("/v1/jobs", data=form, files={"file": (FILE_NAME, b"no recording")})
        http.post("/v1/jobs", json={"video_url": f"http://127.0.0.1:1/{FILE_NAME}?token={IN_URLS}"})
        http.post("/v1/jobs", json={"video_url": f"http://10.0.0.1/{FILE_NAME}?token={IN_URLS}"})
        assert http.get(f"/v1/jobs/{job['id']}", headers={"Prefer": "wait=60"}).json()["state"] == "succeeded"
        refusing.wait_for(2)
        while not http.get("/v1/webhooks/deliveries", params={"job_id": job["id"]}).json()["items"][0]["attempts"]:
            time.sleep(0.1)

    logs = logs_of(stack)
    assert job["id"].removeprefix("job_") in logs.replace("-", "")
    secrets = [key, key.split("_", 2)[2], made["secret"], rotated, workspace_secret, login_token]
    found = [secret for secret in [*secrets, METRICS_TOKEN, IN_URLS, REFERENCE, FILE_NAME] if secret in logs]
    assert found == []


def test_a_request_is_followed_by_its_id_through_every_process(stack: EmbeddedStack, recording: Path) -> None:
    key = (stack.home.path / "key").read_text().strip()
    headers = {"Authorization": f"Bearer {key}", "X-Request-ID": "request-of-this-test"}
    with httpx2.Client(base_url=stack.url, headers=headers, timeout=60, trust_env=False) as http:
        job = http.post("/v1/jobs", files={"file": ("a.mp4", recording.read_bytes())}).json()
        http.get(f"/v1/jobs/{job['id']}", headers={"Prefer": "wait=60"})

    lines = [line for line in logs_of(stack).splitlines() if "request-of-this-test" in line]
    for process, event in (("api", "request"), ("worker", "step_done"), ("analyser", "analyser_done")):
        assert any(f'"process": "{process}"' in line and f'"event": "{event}"' in line for line in lines), process
