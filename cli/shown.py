"""A report of three hours in a real browser, for the benchmark of the page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.measure import BenchFailed
from bench.page import SAMPLES
from bench.speed import Say
from shared.db.engine import create_db_engine, create_sessions
from tests.chaos.fleet import Fleet
from tests.chaos.ground import Ground
from tests.ui.conftest import ARGUMENTS, CHROMIUMS, Site, login_token
from tests.ui.recorded import MINUTE, finished

SEGMENTS = 36
SIZE = {"width": 1280, "height": 900}


class Shown:
    """Fits `bench.page.Browser`."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._address = address

    def report(self, watch: str) -> float:
        page = self._page.context.new_page()
        self._page.close()
        self._page = page
        page.add_init_script(f"({watch})()")
        page.goto(self._address)
        page.wait_for_function("() => window.drawnMs")
        return float(page.evaluate("() => window.drawnMs"))

    def blank(self, script: Path) -> None:
        self._page.goto("about:blank")
        self._page.add_script_tag(path=script)

    def run(self, script: str, **values: float | bool) -> list[float]:
        found: list[float] = self._page.evaluate(script, values)
        return found


@contextmanager
def shown(folder: Path, say: Say) -> Iterator[Shown]:
    """Postgres, one API process, a job of three hours with an invented face, and a browser that is signed in."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        raise BenchFailed("no chromium in PATH: install Debian's package `chromium`")
    with Ground(folder / "home") as ground:
        fleet = Fleet(ground, {"MIEN_DATABASE_URL": ground.database_url})
        engine = create_db_engine(ground.database_url)
        try:
            fleet.api()
            site = Site(f"http://127.0.0.1:{fleet.port}", create_sessions(engine), ground.storage)
            say("storing three hours of samples")
            job_id = finished(site, MINUTE * (SAMPLES // len(MINUTE)), segments=SEGMENTS, pictures=False)
            with sync_playwright() as playwright:
                yield _signed_in(playwright.chromium.launch(executable_path=found, args=ARGUMENTS), site, job_id)
        finally:
            fleet.stop()
            engine.dispose()


def _signed_in(browser: Any, site: Site, job_id: str) -> Shown:
    context = browser.new_context(viewport=SIZE)
    context.request.get(f"{site.url}/login?token={login_token(site)}")
    return Shown(context.new_page(), f"{site.url}/jobs/{job_id}")
