"""Slow and broken lines between a browser and the server, and what came over them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from playwright.sync_api import CDPSession, Locator, Page

from tests.ui.conftest import Site

SLOW_BYTES_PER_S = 3_000_000


def row(page: Page) -> Locator:
    return page.locator(".upload:visible")


def choose(page: Page, *files: Path) -> None:
    page.locator("#file").set_input_files(list(files))


def send_partly(page: Page, file: Path) -> CDPSession:
    """At least the first part of several is safe on the server, and the rest is underway, slowly."""
    line = slow(page)
    with page.expect_response(lambda answer: answer.request.method == "PATCH" and answer.status == 204):
        choose(page, file)
    return line


def slow(page: Page) -> CDPSession:
    """Until the page is loaded again, which has the full speed."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    throttle(line, offline=False)
    page.once("domcontentloaded", lambda _: line.detach())
    return line


def throttle(line: CDPSession, *, offline: bool) -> None:
    limits = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW_BYTES_PER_S}
    line.send("Network.emulateNetworkConditions", {"offline": offline, **limits})


def requests_of(page: Page, method: str, ending: str) -> list[str]:
    """Fills as the page asks."""
    found: list[str] = []
    page.on("request", lambda r: found.append(r.url) if r.method == method and r.url.endswith(ending) else None)
    return found


def open_uploads(page: Page, site: Site) -> list[str]:
    return [upload["id"] for upload in page.request.get(f"{site.url}/v1/uploads").json()["items"]]


def stored(page: Page, site: Site) -> dict[str, str]:
    """Name and SHA-256 of the recording of each job, as the server has them."""
    jobs = page.request.get(f"{site.url}/v1/jobs").json()["items"]
    videos = [page.request.get(f"{site.url}/v1/videos/{job['video_id']}").json() for job in jobs]
    assert len(videos) == len({video["id"] for video in videos})
    return {video["name"]: video["sha256"] for video in videos}


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
