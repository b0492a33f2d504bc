"""A browser, and the real application that serves it on a port of loopback."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from api.main import create_app
from shared.db.engine import Sessions, create_db_engine, create_sessions
from shared.db.logins import create_login_token
from shared.db.workspaces import ensure_workspace
from shared.domain.access import SESSION_SCOPES, Scope
from shared.settings import Settings
from tests.receiver import Receiver, receiving

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NO_CHROMIUM = "no chromium in PATH: install Debian's package `chromium` to test the pages"
SERVING_S = 20.0


@dataclass(slots=True)
class Site:
    url: str
    sessions: Sessions
    storage: Path


@dataclass(slots=True)
class Watched:
    """A page, and what went wrong or elsewhere while it was open."""

    page: Page
    complaints: list[str]
    hosts: set[str]


OpenPage = Callable[..., Watched]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One per file: while it is open, an event loop runs in this thread, which other tests could not bear."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(NO_CHROMIUM)
        pytest.skip(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def site(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Site]:
    storage = tmp_path / "storage"
    settings = Settings(
        database_url=database_url,
        broker_url=valkey_url,
        storage_dir=storage,
        allowed_networks=("127.0.0.0/8",),
        log_format="console",
    )
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    engine = create_db_engine(database_url)
    try:
        yield Site(url=f"http://127.0.0.1:{port_of(server)}", sessions=create_sessions(engine), storage=storage)
    finally:
        engine.dispose()
        server.should_exit = True
        thread.join()


def port_of(server: uvicorn.Server) -> int:
    deadline = time.monotonic() + SERVING_S
    while not server.started:
        assert time.monotonic() < deadline, "the application does not start"
        time.sleep(0.02)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[OpenPage]:
    """Opens a page as a signed-in person: `open_page("/", signed_in=False, scopes=(…), viewport={…})`."""
    contexts = []

    def open_it(path: str, *, signed_in: bool = True, scopes: Sequence[Scope] = SESSION_SCOPES, **how: Any) -> Watched:
        context = browser.new_context(**{"locale": "en-US", **how})
        contexts.append(context)
        page = context.new_page()
        watched = Watched(page, [], set())
        if signed_in:
            context.request.get(f"{site.url}/login?token={login_token(site, scopes)}")
        page.on("console", lambda said: watched.complaints.extend([said.text] if said.type == "error" else []))
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("request", lambda request: watched.hosts.add(urlsplit(request.url).netloc))
        page.goto(site.url + path)
        return watched

    yield open_it
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")  # what a test held up may still be on its way
        context.close()


def login_token(site: Site, scopes: Sequence[Scope] = SESSION_SCOPES) -> str:
    with site.sessions.begin() as session:
        return create_login_token(session, ensure_workspace(session, "default"), scopes)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def keep_picture(tmp_path: Path) -> Callable[[Page, str], None]:
    """Saves what a page looks like where people look at it: in MIEN_ARTEFACTS, if set."""
    folder = Path(os.environ.get("MIEN_ARTEFACTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", full_page=True)

    return keep
