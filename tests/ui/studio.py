"""Recording an answer, as a person does it step by step."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import av
from playwright.sync_api import Page, expect

from tests.ui.conftest import Site

PATIENCE_MS = 20_000


def act(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click(timeout=PATIENCE_MS)


def record(page: Page, *, until_sent: bool) -> None:
    if page.get_by_role("dialog").count() == 0:
        act(page, "Open the camera")
    act(page, "Start")
    act(page, "Start now")
    expect(page.locator(".stage-sign")).to_contain_text("Recording")
    if until_sent:
        wait_until_sent(page)


def wait_until_sent(page: Page) -> None:
    expect(page.get_by_text(re.compile(r"^\d{2,} kB of|MB of"))).to_be_visible(timeout=PATIENCE_MS)


def stop(page: Page) -> None:
    act(page, "Stop")
    expect(page.get_by_role("button", name="Use this answer")).to_be_focused()


def choose_question(page: Page, text: str) -> None:
    act(page, "Open the camera")
    while page.locator(".asked-text").inner_text() != text:
        act(page, "Another question")


def only_job(page: Page, site: Site) -> dict[str, Any]:
    expect(page.locator(".job")).to_have_count(1, timeout=PATIENCE_MS)
    (job,) = page.request.get(f"{site.url}/v1/jobs").json()["items"]
    found: dict[str, Any] = job
    return found


def length_s(storage: Path) -> float:
    """Of the one recording that is stored, by the frames that can be decoded."""
    (path,) = (path for path in storage.rglob("*") if path.is_file())
    with av.open(str(path)) as container:
        *_, last = container.decode(container.streams.video[0])
    return float(last.time or 0.0)
