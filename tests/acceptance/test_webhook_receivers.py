"""docs/webhooks.md does what it says: a reader who follows it has receivers that accept what Mien sends."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from cli.run import start
from cli.stack.stack import ROOT, EmbeddedStack, free_port
from shared.domain.delivery import DELAYS_S, EVENT_TYPES, Signing
from shared.settings import Settings
from shared.webhooks.signing import new_secret, signed_headers
from tests.acceptance.conftest import QUICK
from tests.receiver import receiving

DOC = (ROOT / "docs" / "webhooks.md").read_text()
SHELL: list[str] = re.findall(r"```sh\n(.*?)```", DOC, re.DOTALL)
BODY: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", DOC, re.DOTALL)[0])
SECONDS = {"at once": 0, "s": 1, "min": 60, "h": 3600}
UNTIL_S = 60.0


@dataclass(frozen=True)
class Kind:
    """One of the receivers of the page."""

    fence: str
    file: str


PYTHON = Kind("python", "receiver.py")
NODE = Kind("js", "receiver.mjs")
NEEDS_NODE = pytest.mark.skipif(
    shutil.which("node") is None and "CI" not in os.environ, reason="needs node: apt-get install nodejs"
)
NEEDS_CURL = pytest.mark.skipif(
    shutil.which("curl") is None and "CI" not in os.environ, reason="needs curl: apt-get install curl"
)
BOTH = pytest.mark.parametrize("kind", [PYTHON, pytest.param(NODE, marks=NEEDS_NODE)], ids=["python", "node"])


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """Started with what the page says, so that it sends to loopback."""
    allowed = dict([SHELL[0].split()[0].split("=", 1)])
    with EmbeddedStack(tmp_path_factory.mktemp("home"), port=0, analysers=1) as stack:
        start(stack, stack.home.path, {**QUICK, **allowed})
        yield stack


class Running:
    """A receiver as a process, and what it printed."""

    def __init__(self, command: str, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self._output = folder / "printed"
        with self._output.open("w") as output:
            self._process = subprocess.Popen(
                ["bash", "-c", f"exec env {command}"], cwd=folder, env=environment(), stdout=output
            )
        wait_for(lambda: answers(port) or self._process.poll() is not None)
        assert self._process.poll() is None, f"it ended at once: {command}"

    @property
    def printed(self) -> list[str]:
        return self._output.read_text().splitlines()

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        return httpx2.post(self.url, content=body, headers=headers, timeout=30, trust_env=False).status_code

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


def environment() -> dict[str, str]:
    return {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_for(condition: Callable[[], Any]) -> Any:
    """What the condition gives once that is something."""
    deadline = time.monotonic() + UNTIL_S
    while not (found := condition()):
        assert time.monotonic() < deadline, "this took too long"
        time.sleep(0.05)
    return found


@contextmanager
def started(kind: Kind, folder: Path, secret: str, port: int) -> Iterator[Running]:
    """With the command of the page, after its code was saved."""
    (code,) = re.findall(rf"```{kind.fence}\n(.*?)```", DOC, re.DOTALL)
    (folder / kind.file).write_text(code)
    (command,) = (block for block in SHELL if kind.file in block)
    command = re.sub(r"\bSECRET\b", secret, command).replace("9000", str(port))
    running = Running(command.strip(), folder, port)
    try:
        yield running
    finally:
        running.end()


@dataclass
class Reader:
    """Follows the page with a shell, and puts in what its examples leave open."""

    folder: Path
    words: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)

    def follow(self, *marks: str) -> str:
        """What the only command with these marks prints; the variables that it exports hold from then on."""
        (block,) = (block for block in SHELL if all(mark in block for mark in marks))
        for word, meant in self.words.items():
            block = block.replace(word, meant)
        shell = f'curl() {{ command curl --fail-with-body "$@"; }}\n{block}\nenv > {self.folder / "env"}'
        command = ["bash", "-euo", "pipefail", "-c", shell]
        variables = {**environment(), **self.variables}
        done = subprocess.run(
            command, cwd=self.folder, env=variables, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        lines = (self.folder / "env").read_text().splitlines()
        self.variables = dict(line.split("=", 1) for line in lines if line.startswith("MIEN_"))
        return done.stdout

    def ask(self, *marks: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.follow(*marks))
        return answer


@pytest.fixture
def reader(stack: EmbeddedStack, tmp_path: Path, recording: Path) -> Reader:
    """Who has `./mien` and the recording where the page has them."""
    (tmp_path / "mien").write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m cli "$@"\n')
    (tmp_path / "mien").chmod(0o755)
    words = {"http://127.0.0.1:8000": stack.url, "cli/demo/interview.mp4": str(recording)}
    return Reader(tmp_path, words, {"MIEN_HOME": str(stack.home.path)})


@BOTH
@NEEDS_CURL
def test_who_follows_the_page_is_told_of_the_end_of_a_job(kind: Kind, reader: Reader, tmp_path: Path) -> None:
    port = free_port(0)
    reader.words["9000"] = str(port)
    reader.follow("keys create")
    made = reader.ask("a first try")
    reader.words["ENDPOINT_ID"] = made["id"]
    with started(kind, tmp_path, made["secret"], port) as receiver:
        test = reader.ask("/test")
        wait_for(lambda: f"accepted: {test['event_id']} endpoint.test" in "\n".join(receiver.printed))
        wait_for(lambda: statuses(reader) == {test["id"]: ("delivered", 204)})

        job_id = reader.ask("interview.mp4", '-F file=@cli/demo/interview.mp4 "$MIEN_URL')["id"]
        told = wait_for(lambda: [line for line in receiver.printed if line.endswith(f"job.succeeded {job_id}")])[0]
        wait_for(lambda: set(statuses(reader).values()) == {("delivered", 204)})

        reader.words["DELIVERY_ID"] = max(statuses(reader))
        assert reader.ask("/redeliver")["event_id"] in told
        wait_for(lambda: f"seen before: {told.split()[1]}" in receiver.printed)
        wait_for(lambda: statuses(reader)[reader.words["DELIVERY_ID"]] == ("delivered", 204, 204))

        assert reader.ask("/rotate")["secret"] != made["secret"]
        by_both = reader.ask("/test")
        wait_for(lambda: statuses(reader)[by_both["id"]] == ("delivered", 204))
    assert reader.ask("/enable")["state"] == "active"


def statuses(reader: Reader) -> dict[str, tuple[object, ...]]:
    """What the log says of each delivery: its state, and the status of each attempt."""
    log = reader.ask("deliveries?endpoint_id")["items"]
    return {item["id"]: (item["state"], *(attempt["status"] for attempt in item["attempts"])) for item in log}


@NEEDS_CURL
def test_an_address_of_a_job_is_told_with_the_secret_of_the_workspace(reader: Reader) -> None:
    with receiving() as receiver:
        reader.words["9000"] = receiver.url.rsplit(":", 1)[1]
        reader.follow("keys create")
        reader.follow("webhook_url")
        secret = reader.ask("/secret")["secret"]
        (received,) = receiver.wait_for(1)

    told = Webhook(secret).verify(received.body, dict(received.headers))
    assert shape(told) == shape(BODY)
    assert set(received.headers) >= set(re.findall(r"^\| `(webhook-\w+)`", DOC, re.MULTILINE))


def shape(value: object) -> object:
    """The names in a document, without what they stand for; metadata has names of its sender."""
    if not isinstance(value, dict):
        return None
    return {name: None if name == "metadata" else shape(part) for name, part in value.items()}


SECRET = new_secret()
MESSAGE = b'{"data":{"job_id":"job_1"},"timestamp":"2026-11-22T09:05:00+00:00","type":"job.succeeded"}'


def signed(age: timedelta = timedelta(), *, secret: str = SECRET, previous: str | None = None) -> dict[str, str]:
    return signed_headers("evt_1", datetime.now(UTC) - age, MESSAGE, Signing(secret=secret, previous=previous))


def requests() -> list[tuple[str, bytes, dict[str, str]]]:
    """Name, body and headers; the first three are genuine."""
    signature = signed()["webhook-signature"]
    return [
        ("genuine", MESSAGE, signed()),
        ("signed twice", MESSAGE, signed(secret=new_secret(), previous=SECRET)),
        ("a little old", MESSAGE, signed(timedelta(minutes=3))),
        ("another body", MESSAGE.replace(b"job_1", b"job_2"), signed()),
        ("another id", MESSAGE, {**signed(), "webhook-id": "evt_2"}),
        ("another secret", MESSAGE, signed(secret=new_secret())),
        ("too old", MESSAGE, signed(timedelta(minutes=6))),
        ("from the future", MESSAGE, signed(-timedelta(minutes=6))),
        ("no time at all", MESSAGE, {**signed(), "webhook-timestamp": "now"}),
        ("another version", MESSAGE, {**signed(), "webhook-signature": signature.replace("v1", "v9")}),
        ("half a signature", MESSAGE, {**signed(), "webhook-signature": signature[:-8]}),
        ("no signature", MESSAGE, {**signed(), "webhook-signature": "nonsense"}),
        ("no headers", MESSAGE, {}),
        ("no text", b"\xff\xfe", signed()),
    ]


@BOTH
def test_a_receiver_refuses_what_the_official_library_refuses(kind: Kind, tmp_path: Path) -> None:
    with started(kind, tmp_path, SECRET, free_port(0)) as receiver:
        for name, body, headers in requests():
            assert (name, receiver.post(body, headers)) == (name, 204 if is_genuine(body, headers) else 400)
    assert receiver.printed == ["accepted: evt_1 job.succeeded job_1", *["seen before: evt_1"] * 2]


def is_genuine(body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(SECRET).verify(body, headers)
    except (WebhookVerificationError, ValueError):
        return False
    return True


@BOTH
def test_a_receiver_outlives_senders_that_leave_or_say_too_much(kind: Kind, tmp_path: Path) -> None:
    port = free_port(0)
    with started(kind, tmp_path, SECRET, port) as receiver:
        for said in (b"", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nab", b"GET / HTTP/1.1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port)) as sender:
                sender.sendall(said)
        with suppress(httpx2.TransportError):  # cut off, if it was not told
            assert receiver.post(bytes(1_000_000), signed()) == 413
        assert receiver.post(MESSAGE, signed()) == 204


def test_the_page_names_the_schedule_the_events_and_the_settings_as_they_are() -> None:
    waits = re.findall(r"^\| \d+ \| (?:(\d+) )?(at once|s|min|h) \|$", DOC, re.MULTILINE)
    assert tuple(float(count or 0) * SECONDS[unit] for count, unit in waits) == DELAYS_S
    named = re.findall(r"^\| `(\w+\.\w+)` \|", DOC, re.MULTILINE)
    assert set(named) <= set(EVENT_TYPES)
    settings = {f"MIEN_{name.upper()}" for name in Settings.model_fields} | {"MIEN_URL", "MIEN_KEY"}
    assert set(re.findall(r"\bMIEN_\w+", DOC)) <= settings
