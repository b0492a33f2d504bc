"""The client and its commands on a whole stack: what its README says, and what they print."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest

from cli.stack.stack import ROOT, EmbeddedStack
from mien import Client, Job
from tests.acceptance.conftest import Mien
from tests.acceptance.test_service import picture

README = (ROOT / "client" / "README.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def job(client: Client, recording: Path) -> Job:
    return client.wait(client.submit(recording, reference="candidate-17")).succeeded()


def test_every_snippet_of_the_readme_does_what_it_says(
    stack: EmbeddedStack, client: Client, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("interview", "a", "b", "long"):
        shutil.copy(recording, f"{name}.mp4")
    names: dict[str, object] = {"client": client, "url": stack.url, "key": key_of(stack)}
    for snippet in SNIPPETS:
        source = snippet.replace("https://mien.example", stack.url).replace("mien_…", key_of(stack))
        source = source.replace(', webhook_url="https://ats.example/done"', "")
        if isinstance(job := names.get("job"), Job) and "moment_picture" in source:
            wait_for_pictures(client, job.id)
        exec(compile(source, "README.md", "exec"), names)
        names["client"] = client

    assert len(SNIPPETS) >= 8
    assert Path("report.html").read_text().startswith("<!doctype html>")
    assert Path("moment.jpg").read_bytes()[:2] == b"\xff\xd8"


def key_of(stack: EmbeddedStack) -> str:
    return (stack.home.path / "key").read_text().strip()


def wait_for_pictures(client: Client, job_id: str) -> None:
    for number, _ in enumerate(client.result(job_id).moments):
        picture(client, job_id, number)


def test_results_are_printed_in_the_form_one_wants(
    mien: Mien, stack: EmbeddedStack, client: Client, job: Job, tmp_path: Path
) -> None:
    home = ("--home", stack.home.path)
    table = mien("results", job.id, *home)
    summary = json.loads(mien("results", job.id, "--format", "json", *home).stdout)
    rows = list(csv.DictReader(io.StringIO(mien("results", job.id, "--format", "csv", *home).stdout)))
    mien("results", job.id, "--format", "ndjson", "-o", "samples.ndjson", *home)
    samples = [json.loads(line) for line in (tmp_path / "samples.ndjson").read_text().splitlines()]

    assert "Score " in table.stdout or "No score" in table.stdout
    assert summary == client.result(job).raw
    assert len(samples) == summary["coverage"]["samples"] == len({row["sample"] for row in rows})
    assert [sample["t_s"] for sample in samples] == [sample.t_s for sample in client.timeline(job)]


def test_an_artifact_is_asked_for_waited_for_and_saved(
    mien: Mien, stack: EmbeddedStack, job: Job, tmp_path: Path
) -> None:
    saved = mien("results", job.id, "--artifact", "report", "--home", stack.home.path)
    named = mien("results", job.id, "--artifact", "archive", "-o", "all.zip", "--home", stack.home.path)

    assert (saved.returncode, saved.stdout) == (0, f"{job.id}-report.html\n"), saved.stderr
    assert (named.returncode, named.stdout) == (0, "all.zip\n"), named.stderr
    assert (tmp_path / "all.zip").read_bytes()[:2] == b"PK"


def test_a_table_of_the_timeline_has_all_samples(client: Client, job: Job) -> None:
    frame = client.timeline(job).to_pandas()
    assert frame["sample"].nunique() == client.result(job).coverage.samples
    seen = frame[frame["status"] == "face"]
    assert len(seen)
    assert (seen[["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]].sum(axis=1).round(3) == 1).all()


def test_a_submission_shows_its_result_when_it_is_waited_for(mien: Mien, stack: EmbeddedStack, recording: Path) -> None:
    done = mien("submit", recording, "--wait", "--home", stack.home.path)
    assert done.returncode == 0, done.stderr
    assert re.match(r"job_[0-9a-f]{32}\n", done.stdout)
    assert "Report: http" in done.stdout
