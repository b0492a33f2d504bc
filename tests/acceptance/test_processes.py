from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.run import own_key
from cli.stack.stack import EmbeddedStack, answers, free_port
from mien import Client
from shared.db.migrate import migrate
from tests.acceptance.conftest import QUICK, Mien
from tests.acceptance.test_service import end_of, follow_until, submit
from tests.recordings import Studio

NO_BROKER = {"MIEN_BROKER_URL": "redis+socket:///nonexistent/valkey.sock"}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[EmbeddedStack]:
    """Postgres and Valkey, migrated; the processes are started by the test."""
    with EmbeddedStack(tmp_path / "home", port=free_port(0), analysers=1) as stack:
        migrate(stack.start_services().database_url)
        yield stack


@contextmanager
def process(
    stack: EmbeddedStack, name: str, variables: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """One of our processes, ended with SIGTERM, which it must obey within its grace period."""
    command = [sys.executable, "-P", "-m", "cli", name]
    environment = {**stack.environment(), **QUICK, **(variables or {})}
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield running
    finally:
        running.terminate()
        running.communicate(timeout=30)


@contextmanager
def serving(stack: EmbeddedStack, variables: dict[str, str] | None = None) -> Iterator[Client]:
    with process(stack, "api", variables):
        while not answers(stack.port):
            time.sleep(0.1)
        assert stack.urls is not None
        yield Client(stack.url, own_key(stack.home.path, stack.urls.database_url), trust_env=False)


@pytest.mark.parametrize("variables", [{}, NO_BROKER], ids=["with a broker", "with the broker off"])
def test_a_job_submitted_while_no_worker_runs_is_finished_when_one_starts(
    services: EmbeddedStack, recording: Path, variables: dict[str, str]
) -> None:
    with serving(services, variables) as client:
        job_id = submit(client, recording)
        assert client.job(job_id).state == "queued"

        with process(services, "worker", variables):
            assert end_of(client, job_id).state == "succeeded"


def test_a_step_that_cannot_finish_in_the_grace_period_is_handed_back(services: EmbeddedStack, studio: Studio) -> None:
    slow = studio.record(duration_s=60.0, fps=10, width=640, height=360)
    with serving(services) as client:
        with process(services, "worker", {"MIEN_LEASE_S": "3600"}):
            job_id = client.submit(slow, options={"detector": "exhaustive"}).id
            follow_until(client, job_id, lambda job: job.state == "running")
        with process(services, "worker"):
            assert end_of(client, job_id).state == "succeeded"


def test_a_worker_asked_for_a_gpu_that_is_not_there_refuses_to_start_and_says_why(services: EmbeddedStack) -> None:
    with process(services, "worker", {"MIEN_DEVICES": "gpu", "CUDA_VISIBLE_DEVICES": ""}) as worker:
        _, said = worker.communicate(timeout=120)

    assert worker.returncode == 1
    assert "GPU" in said.splitlines()[-1]


def test_a_home_that_cannot_be_made_is_refused_in_a_sentence(mien: Mien, recording: Path) -> None:
    done = mien("run", recording, "--once", "--home", recording)

    assert done.returncode == 1
    assert "cannot be used as a home" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named_without_its_value(services: EmbeddedStack) -> None:
    with process(services, "sweep", {"MIEN_LEASE_S": "soon"}) as sweep:
        _, said = sweep.communicate(timeout=60)

    assert sweep.returncode == 1
    assert "MIEN_LEASE_S" in said
    assert "soon" not in said
