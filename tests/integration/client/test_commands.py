"""The commands that speak to a server, as one types them."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import mien
from cli.main import create_app
from cli.stack.stack import ROOT
from tests.integration.client.conftest import MakeFile, Server, sha256_of
from tests.integration.client.link import CutAfter, Link

Mien = Callable[..., Result]


@pytest.fixture
def run(server: Server, link: Link, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mien:
    """Runs a command over the link. Standard output and standard error are parted in what it gives."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("MIEN_URL", link.url)
    monkeypatch.setenv("MIEN_KEY", server.key)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def run(*arguments: object, says: str = "") -> Result:
        return CliRunner().invoke(create_app(), list(map(str, arguments)), input=says)

    return run


def ids(ran: Result) -> list[str]:
    assert ran.exit_code == 0, ran.stderr
    return ran.stdout.split()


def lines(ran: Result) -> list[dict[str, object]]:
    assert ran.exit_code == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_a_folder_is_submitted_with_all_that_was_said(run: Mien, make_file: MakeFile, client: mien.Client) -> None:
    paths = [make_file(name=name) for name in ("a.mp4", "b.mkv", "c.txt")]
    said = ("--reference", "folder", "--metadata", "q=1", "--priority", "low", "--option", "interval_s=1")
    made = ids(run("submit", paths[0].parent, "--parallel", 4, *said))
    jobs = [client.job(job_id) for job_id in made]

    assert [client.video(job.video_id or "").sha256 for job in jobs] == [sha256_of(path) for path in paths[:2]]
    assert {(job.reference, job.priority, job.options["interval_s"]) for job in jobs} == {("folder", "low", 1.0)}
    assert {job.metadata["q"] for job in jobs} == {"1"}


def test_ids_are_on_stdout_also_while_bars_are_shown(server: Server, make_file: MakeFile, tmp_path: Path) -> None:
    terminal, stderr = pty.openpty()
    variables = {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path), "TERM": "xterm", "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-P", "-m", "cli", "submit", str(make_file()), "--url", server.url, "--key", server.key]
    running = subprocess.Popen(
        command, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=stderr, text=True
    )
    os.close(stderr)
    shown = b""
    with suppress(OSError):  # as a terminal ends
        while piece := os.read(terminal, 4096):
            shown += piece
    os.close(terminal)
    printed, _ = running.communicate()

    assert re.fullmatch(r"job_[0-9a-f]{32}\n", printed)
    assert b"answer.mp4" in shown


def test_what_is_refused_is_said_and_the_rest_is_submitted(run: Mien, make_file: MakeFile) -> None:
    ran = run("submit", make_file(0, "empty.mp4"), make_file(name="good.mp4"))

    assert ran.exit_code == 1
    assert len(ran.stdout.split()) == 1
    assert "empty_file: " in ran.stderr
    assert run("submit", make_file(), "--purpose", "assessment").exit_code == 1


def test_a_large_file_goes_on_where_the_link_was_cut(
    run: Mien, link: Link, make_file: MakeFile, client: mien.Client
) -> None:
    path = make_file(17 << 20, "large.mp4")
    link.faults += [CutAfter(9 << 20), CutAfter(4 << 20)]
    (job_id,) = ids(run("submit", path))
    assert client.video(client.job(job_id).video_id or "").sha256 == sha256_of(path)


def test_several_become_a_batch(run: Mien, make_file: MakeFile) -> None:
    paths = [make_file(name=f"{n}.mp4") for n in range(2)]
    (batch_id,) = ids(run("submit", "--batch", *paths, "http://127.0.0.1:9/c.mp4"))

    assert lines(run("batches", "show", batch_id, "--json"))[0]["total"] == 3
    assert len(lines(run("jobs", "list", "--batch", batch_id, "--json"))) == 3
    assert run("batches", "cancel", batch_id).exit_code == 0
    watched = run("batches", "watch", batch_id)
    assert (watched.exit_code, watched.stdout) == (1, "3 canceled\n")
    assert batch_id in run("batches", "list").stdout
    assert run("submit", "--batch", make_file(0, "empty.mp4")).exit_code == 1


def test_jobs_are_found_shown_and_followed(run: Mien, make_file: MakeFile) -> None:
    (job_id,) = ids(run("submit", make_file(), "--reference", "found", "--metadata", "n=7"))

    assert [job["id"] for job in lines(run("jobs", "list", "--metadata", "n=7", "--json"))] == [job_id]
    assert job_id in run("jobs", "list", "--reference", "found", "--state", "queued").stdout
    assert lines(run("jobs", "list", "--reference", "found", "--until", "2020-01-01", "--json")) == []
    assert "queued" in run("jobs", "show", job_id).stdout
    assert run("jobs", "cancel", job_id).exit_code == 0
    watched = run("jobs", "watch", job_id)
    assert (watched.exit_code, watched.stdout) == (1, "")
    assert f"{job_id}: canceled" in watched.stderr

    (again,) = ids(run("jobs", "retry", job_id))
    assert lines(run("jobs", "show", again, "--json"))[0]["retry_of"] == job_id
    some_failed = run("jobs", "cancel", job_id, again)
    assert (some_failed.exit_code, "state_conflict" in some_failed.stderr) == (1, True)
    assert lines(run("jobs", "show", again, "--json"))[0]["state"] == "canceled"


def test_nothing_is_erased_without_a_yes(run: Mien, make_file: MakeFile) -> None:
    (job_id,) = ids(run("submit", make_file(), "--reference", "erased/one"))
    assert run("jobs", "erase", job_id, says="n\n").exit_code == 1
    assert run("subjects", "erase", "erased/one", says="\n").exit_code == 1
    assert "queued" in run("jobs", "show", job_id).stdout

    erased = run("jobs", "erase", job_id, says="y\n")
    assert json.loads(erased.stdout.splitlines()[-1])["job_id"] == job_id  # above it, what was typed
    (other,) = ids(run("submit", make_file(), "--reference", "erased/one"))
    receipt = json.loads(run("subjects", "erase", "erased/one", "--yes").stdout)
    assert receipt["jobs"] == [other]


def test_uploads_are_listed_resumed_and_ended(run: Mien, make_file: MakeFile, client: mien.Client) -> None:
    path = make_file(300_000)

    def interrupt(done: int, _of: int) -> None:
        if done:
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            client.upload(path, progress=interrupt)
    first, second = [upload["id"] for upload in lines(run("uploads", "list", "--json"))][:2]
    (video_id,) = ids(run("uploads", "resume", first, path))

    assert client.video(video_id).sha256 == sha256_of(path)
    assert run("uploads", "cancel", second).exit_code == 0
    assert str(second) not in run("uploads", "list").stdout
    assert len(ids(run("submit", video_id))) == 1


def test_webhooks_are_created_changed_and_tried(run: Mien) -> None:
    created = run("webhooks", "create", "http://127.0.0.1:9/", "--event", "job.failed", "--description", "mine")
    endpoint_id, secret = ids(created)[-2:]
    assert secret.startswith("whsec_")
    assert ids(run("webhooks", "rotate", endpoint_id))[-1] not in ("", secret)

    (delivery_id,) = ids(run("webhooks", "test", endpoint_id))
    assert delivery_id in run("webhooks", "deliveries", "--endpoint", endpoint_id).stdout
    assert run("webhooks", "disable", endpoint_id).exit_code == 0
    assert lines(run("webhooks", "deliveries", "--state", "dead", "--json"))[0]["id"] == delivery_id
    assert run("webhooks", "enable", endpoint_id).exit_code == 0
    assert run("webhooks", "redeliver", delivery_id).exit_code == 0
    assert endpoint_id in run("webhooks", "list").stdout
    assert run("webhooks", "delete", endpoint_id).exit_code == 0
    assert endpoint_id not in run("webhooks", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("results", "job_" + "0" * 32), "not_found"),
        (("results", "job_" + "0" * 32, "--format", "csv"), "not_found"),
        (("results", "job_" + "0" * 32, "--artifact", "report"), "not_found"),
        (("jobs", "list", "--key", "mien_nobody"), "unauthenticated"),
        (("jobs", "list", "--reference", "x" * 300), "invalid_request"),
    ],
)
def test_the_code_of_an_error_is_on_stderr(run: Mien, arguments: tuple[str, ...], code: str) -> None:
    ran = run(*arguments)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"{code}: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("submit", "missing.mp4"),
        ("submit", "https://mien.example/a.mp4", "--metadata", "nothing"),
        ("results", "job_1", "--format", "xml"),
        ("results", "job_1", "-o", "table.txt"),
        ("jobs", "list", "--url", "mien.example"),
        ("jobs", "list", "--since", "yesterday"),
    ],
)
def test_wrong_usage_ends_with_2(run: Mien, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2
