"""What docs/webhooks.md says of batches and of the client; the rest of it has tests in tests/acceptance."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.main import create_app
from mien import Client
from shared.domain.delivery import EVENT_TYPES, Signing
from shared.webhooks.signing import new_secret, signed_headers
from tests.docs.conftest import Served
from tests.docs.pages import ROOT, text_of
from tests.receiver import receiving
from tests.unit.test_readme import names_of

PAGE = text_of("webhooks.md")
BODIES: list[dict[str, Any]] = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
BODY = b'{"data":{"job_id":"job_1"},"timestamp":"2026-11-22T09:05:00+00:00","type":"job.succeeded"}'


def test_every_type_of_event_is_in_the_table() -> None:
    assert set(re.findall(r"^\| `(\w+\.\w+)` \|", PAGE, re.MULTILINE)) == set(EVENT_TYPES)


def test_the_end_of_a_batch_is_told_as_the_page_shows(served: Served) -> None:
    (shown,) = (body for body in BODIES if body["type"] == "batch.finished")
    with receiving() as receiver, Client(served.url, served.key, trust_env=False) as client:
        video = client.upload(ROOT / "cli" / "demo" / "ORIGIN.md").video_id
        assert video is not None
        batch = client.batch([video, video], webhook_url=f"{receiver.url}/")
        (received,) = receiver.wait_for(1)

    told = json.loads(received.body)
    assert told["type"] == "batch.finished"
    assert told.keys() == shown.keys()
    assert told["data"].keys() == shown["data"].keys()
    assert told["data"]["links"].keys() == shown["data"]["links"].keys()
    assert (told["data"]["batch_id"], told["data"]["counts"]) == (batch.id, {"failed": 2})


def test_what_the_page_writes_with_the_client_takes_what_is_genuine_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"```python client\n(.*?)```", PAGE, re.DOTALL)
    secret = new_secret()
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    names: dict[str, Any] = {}
    exec(compile(code, "webhooks.md", "exec"), names)

    headers = signed_headers("evt_1", datetime.now(UTC), BODY, Signing(secret=secret))
    assert names["receive"](headers, BODY) == 204
    assert names["receive"](headers, BODY.replace(b"job_1", b"job_2")) == 400
    assert capsys.readouterr().out == "accepted: evt_1 job_1\n"


def test_methods_and_commands_that_the_page_names_are_there() -> None:
    from typer.main import get_command

    (methods,) = re.findall(r"^The client also looks after endpoints.*$", PAGE, re.MULTILINE)
    named = set(re.findall(r"`(\w+_\w+|redeliver|deliveries|endpoints)`", methods))
    assert len(named) == 9
    assert all(hasattr(Client, name) for name in named)
    (commands,) = re.findall(r"^On the command line it is.*$", PAGE, re.MULTILINE)
    words = [name.removeprefix("./mien webhooks ") for name in re.findall(r"`([^`]+)`", commands)]
    assert len(words) == 9
    assert {f"webhooks {word}" for word in words} <= names_of(get_command(create_app()))
