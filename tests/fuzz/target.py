"""A real server to throw requests at, which stays usable whatever they change."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from sqlalchemy import text

from api.main import create_app
from shared.db.engine import Sessions, create_db_engine, create_sessions
from shared.db.keys import create_key
from shared.db.workspaces import ensure_workspace
from shared.domain.access import SCOPES
from shared.settings import Settings

REPAIR_S = 0.05
REPAIRS = (
    "UPDATE api_key SET revoked_at = NULL, secret_sha256 = :digest WHERE id = :key",
    """
    UPDATE workspace SET max_open_jobs = NULL, max_jobs_per_day = NULL, max_stored_bytes = NULL,
        requests_per_minute = NULL WHERE id = :workspace
    """,
)


@contextmanager
def serving(database_url: str, broker_url: str, folder: Path) -> Iterator[tuple[str, str]]:
    """The address of a server and a key that may do everything, also to itself: that is mended as it goes."""
    settings = Settings(
        database_url=database_url,
        broker_url=broker_url,
        storage_dir=folder / "storage",
        max_upload_bytes=1_000_000,
        upload_wait_s=0,
        requests_per_minute=0,
        purposes=("practice", "coaching", "research", "assessment"),
        log_format="console",
    )
    engine = create_db_engine(database_url, pool_size=2)
    sessions = create_sessions(engine)
    with sessions.begin() as session:
        workspace_id = ensure_workspace(session, "fuzzed")
        key = create_key(session, workspace_id, "fuzz", SCOPES)
    with _running(settings) as url, _mended(sessions, key):
        yield url, key
    engine.dispose()


@contextmanager
def _running(settings: Settings) -> Iterator[str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(settings), log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


@contextmanager
def _mended(sessions: Sessions, key: str) -> Iterator[None]:
    """Undo, again and again, what would make every further request answer 401 or 429."""
    ended = threading.Event()
    with sessions.begin() as session:
        about = session.execute(
            text("SELECT id AS key, secret_sha256 AS digest, workspace_id AS workspace FROM api_key")
        ).one()

    def mend() -> None:
        while not ended.wait(REPAIR_S):
            with sessions.begin() as session:
                for repair in REPAIRS:
                    session.execute(text(repair), dict(about._mapping))

    assert key
    thread = threading.Thread(target=mend, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)
