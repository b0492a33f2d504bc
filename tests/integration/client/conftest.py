"""The real API as a process of its own, which tests may kill, and links to it which they may cut."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.stack.stack import HOST, ROOT, ServiceUrls, answers
from mien import Client, Retry
from shared.db.engine import create_db_engine, create_sessions, transaction
from shared.db.keys import create_key
from shared.db.workspaces import ensure_workspace
from tests.chaos.proxy import free_port
from tests.integration.client.link import Link

DATABASE = "mien_client"
HASTY = Retry(for_s=30.0, first_s=0.05, longest_s=0.5)
MakeClient = Callable[..., Client]
MakeFile = Callable[..., Path]


class Server:
    """`mien api` on a database and a storage that outlive it."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.port = free_port()
        self.key = ""
        self._variables = variables
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-P", "-m", "cli", "api"]
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PYTHONPATH": str(ROOT),
            "MIEN_HOST": HOST,
            "MIEN_PORT": str(self.port),
            **self._variables,
        }
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not answers(self.port):
            assert self._process.poll() is None, "the API does not start"
            time.sleep(0.05)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="package")
def server(
    services: ServiceUrls,
    postgres_server: Callable[[str], str],
    migrated_template: str,
    run_sql: Callable[[str], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    run_sql(f"CREATE DATABASE {DATABASE} TEMPLATE {migrated_template}")
    server = Server(
        {
            "MIEN_DATABASE_URL": postgres_server(DATABASE),
            "MIEN_BROKER_URL": services.broker_url,
            "MIEN_STORAGE_DIR": str(tmp_path_factory.mktemp("storage")),
            "MIEN_ALLOWED_NETWORKS": "127.0.0.0/8",
            "MIEN_REQUESTS_PER_MINUTE": "0",
        }
    )
    server.key = _key(postgres_server(DATABASE))
    server.start()
    yield server
    server.kill()
    run_sql(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def _key(database_url: str) -> str:
    engine = create_db_engine(database_url, pool_size=1)
    with transaction(create_sessions(engine)) as session:
        workspace_id = ensure_workspace(session, "default")
        key = create_key(session, workspace_id, "test", ("jobs:read", "jobs:write", "webhooks"))
    engine.dispose()
    return key


@pytest.fixture
def link(server: Server) -> Iterator[Link]:
    with Link(server.port) as link:
        yield link


@pytest.fixture
def make_client(server: Server, link: Link) -> Iterator[MakeClient]:
    """Clients over the link, which lose no time."""
    made: list[Client] = []

    def make(**settings: Any) -> Client:
        given = {"retry": HASTY, "patience_s": 60.0, "trust_env": False, **settings}
        made.append(Client(link.url, server.key, **given))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    return make_client()


@pytest.fixture
def make_file(tmp_path: Path) -> MakeFile:
    """Random bytes, which no other test has: `make_file(300_000)`."""

    def make(size_bytes: int = 2000, name: str = "answer.mp4") -> Path:
        path = tmp_path / name
        path.write_bytes(os.urandom(size_bytes))
        return path

    return make


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
