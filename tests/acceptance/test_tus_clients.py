"""The official JavaScript client uploads through everything that may come between: the right bytes arrive."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from cli.run import start
from cli.stack.stack import EmbeddedStack
from mien import Client
from tests.acceptance.conftest import QUICK
from tests.chaos.proxy import HOST, Proxy
from tests.node import NEEDS_NODE, TUS, install_package

PROGRAM = Path(__file__).with_name("tus_upload.mjs")
SIZE_BYTES = 12 << 20
PIECE_BYTES = 1 << 20
SLOW_S = 0.01  # for each 64 KiB, so that there is a middle in which to break something
UNTIL_S = 120.0

pytestmark = NEEDS_NODE


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """Without a public address, so that its answers name the one by which it was asked: the proxy's."""
    with EmbeddedStack(tmp_path_factory.mktemp("home"), port=0, analysers=1) as stack:
        start(stack, stack.home.path, {**QUICK, "MIEN_PUBLIC_URL": ""})
        yield stack


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the client is installed beside it."""
    folder = install_package(TUS, tmp_path_factory.mktemp("node"))
    return Path(shutil.copy(PROGRAM, folder))


@pytest.fixture
def link(stack: EmbeddedStack) -> Iterator[Proxy]:
    with Proxy(stack.port) as link:
        yield link


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "interview.mp4"
    path.write_bytes(os.urandom(SIZE_BYTES))
    return path


class Uploader:
    """One process that uploads, and what it said."""

    def __init__(self, program: Path, variables: dict[str, str], said: Path) -> None:
        self._said = said
        with said.open("wb") as output:
            self._process = subprocess.Popen(
                ["node", str(program)],
                env={"PATH": os.environ["PATH"], **variables},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> list[str]:
        """Whole lines."""
        return self._said.read_text().split("\n")[:-1]

    @property
    def sent_bytes(self) -> int:
        return max([int(line.split()[1]) for line in self.said if line.startswith("sent ")], default=0)

    @property
    def url(self) -> str:
        """Of the upload, once it has begun."""
        return next((line.split()[1] for line in self.said if line.startswith("began ")), "")

    def answers_to(self, method: str) -> list[str]:
        return [line.split()[1] for line in self.said if re.fullmatch(rf"{method} \d+", line)]

    def until_sent(self, size_bytes: int) -> None:
        self._wait(lambda: self.sent_bytes >= size_bytes)

    def until_begun(self) -> None:
        self._wait(lambda: bool(self.url))

    def until_done(self) -> str:
        """The address of the upload."""
        assert self._process.wait(UNTIL_S) == 0, self.said[-5:]
        assert self.said[-1].startswith("done "), self.said[-5:]
        return self.said[-1].split()[1]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _wait(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + UNTIL_S
        while not holds():
            assert self._process.poll() is None, self.said[-5:]
            assert time.monotonic() < deadline, self.said[-5:]
            time.sleep(0.02)


StartUpload = Callable[..., Uploader]


@pytest.fixture
def start_upload(stack: EmbeddedStack, link: Proxy, program: Path, file: Path, tmp_path: Path) -> Iterator[StartUpload]:
    """Starts the client over the link, with further variables for the program."""
    started: list[Uploader] = []

    def begin(**variables: str) -> Uploader:
        named = {
            "ENDPOINT": f"http://{HOST}:{link.port}/v1/uploads",
            "KEY": key_of(stack),
            "FILE": str(file),
            "CHUNK_BYTES": str(PIECE_BYTES),
        }
        started.append(Uploader(program, {**named, **variables}, tmp_path / f"said-{len(started)}"))
        return started[-1]

    yield begin
    for uploader in started:
        uploader.kill()


def key_of(stack: EmbeddedStack) -> str:
    return (stack.home.path / "key").read_text().strip()


@pytest.fixture
def assert_stored(stack: EmbeddedStack, client: Client, file: Path, tmp_path: Path) -> Callable[[str], None]:
    """What the upload has become is the file: by its hash, and by the bytes that are given out."""

    def check(url: str) -> None:
        headers = {"Authorization": f"Bearer {key_of(stack)}", "Tus-Resumable": "1.0.0"}
        answer = httpx2.head(url, headers=headers, trust_env=False)
        assert answer.headers["upload-offset"] == str(SIZE_BYTES)
        video = client.video(answer.headers["mien-video-id"])
        stored = client.save_video(video, tmp_path / "stored")
        assert (video.name, video.sha256) == ("interview.mp4", sha256_of(file))
        assert sha256_of(stored) == sha256_of(file)

    return check


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


Check = Callable[[str], None]


def test_a_file_arrives_in_pieces(start_upload: StartUpload, assert_stored: Check) -> None:
    upload = start_upload()
    assert_stored(upload.until_done())
    assert upload.answers_to("POST") == ["201"]
    assert upload.answers_to("PATCH") == ["204"] * (SIZE_BYTES // PIECE_BYTES)


@pytest.mark.parametrize("piece_bytes", [PIECE_BYTES, 0], ids=["pieces", "one request"])
def test_an_upload_goes_on_where_its_connection_was_cut(
    link: Proxy, start_upload: StartUpload, assert_stored: Check, piece_bytes: int
) -> None:
    link.open(delay_s=SLOW_S)
    upload = start_upload(CHUNK_BYTES=str(piece_bytes))
    upload.until_sent(SIZE_BYTES // 2)
    link.cut()
    link.open()

    assert_stored(upload.until_done())
    assert upload.answers_to("POST") == ["201"]
    assert "200" in upload.answers_to("HEAD"), "it asked how far it was"


def test_an_upload_goes_on_after_the_api_was_killed(
    stack: EmbeddedStack, link: Proxy, start_upload: StartUpload, assert_stored: Check
) -> None:
    link.open(delay_s=SLOW_S)
    upload = start_upload()
    upload.until_sent(SIZE_BYTES // 2)
    killed = stack.pids["api"]
    psutil.Process(killed).kill()  # the stack starts another
    link.open()

    assert_stored(upload.until_done())
    assert upload.answers_to("POST") == ["201"]
    assert stack.pids["api"] != killed


def test_another_process_goes_on_by_the_stored_address(
    link: Proxy, start_upload: StartUpload, assert_stored: Check, tmp_path: Path
) -> None:
    stored = str(tmp_path / "urls.json")
    link.open(delay_s=SLOW_S)
    first = start_upload(URLS=stored)
    first.until_sent(SIZE_BYTES // 2)
    first.kill()
    link.open()

    second = start_upload(URLS=stored)
    assert second.until_done() == first.url
    assert_stored(first.url)
    assert second.answers_to("POST") == []
    assert len(second.answers_to("PATCH")) < SIZE_BYTES // PIECE_BYTES, "it sent again what was safe"


def test_two_clients_on_one_upload_end_with_one_right_file(
    link: Proxy, start_upload: StartUpload, assert_stored: Check, client: Client
) -> None:
    before = {video.id for video in client.videos()}
    link.open(delay_s=SLOW_S)
    first = start_upload(CHUNK_BYTES="0")
    first.until_begun()
    second = start_upload(UPLOAD_URL=first.url, CHUNK_BYTES="32768")  # so little is sent before the answer is read

    assert first.until_done() == second.until_done()
    assert_stored(first.url)
    refused = {*first.answers_to("PATCH"), *second.answers_to("PATCH")} - {"204"}
    assert refused
    assert refused <= {"409", "423"}
    assert len({video.id for video in client.videos()} - before) == 1
