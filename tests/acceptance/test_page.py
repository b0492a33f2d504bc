"""From a file to "what should I work on", as somebody goes who has never seen the page: with real processes throughout."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cli.keys import login_link
from cli.stack.stack import ROOT, EmbeddedStack
from shared.domain.access import SCOPES
from tests.recordings import Studio
from tests.ui.conftest import browser, keep_picture

__all__ = ["browser", "keep_picture"]  # fixtures

DEMO = ROOT / "cli" / "demo" / "interview.mp4"
ANALYSIS_MS = 120_000
KeepPicture = Callable[[Page, str], None]


@pytest.fixture
def page(browser: Browser, stack: EmbeddedStack) -> Iterator[Page]:
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(login_link(stack.home.path, stack.url, "default", SCOPES))
    yield page
    context.close()


def send(page: Page, recording: Path) -> None:
    page.wait_for_selector("main[aria-busy=false]")
    known = page.locator(".job").count()
    page.locator("input[type=file]").first.set_input_files(recording)
    expect(page.locator(".job")).to_have_count(known + 1)
    expect(page.locator(".job").first.locator(".badge")).to_have_text("Done", timeout=ANALYSIS_MS)
    page.locator(".job a.job-name").first.click()
    page.wait_for_selector(".chart-frame[aria-label]")


def test_a_file_becomes_advice(page: Page, keep_picture: KeepPicture) -> None:
    send(page, DEMO)
    expect(page.get_by_role("heading", name="What to work on")).to_be_in_viewport()
    first = page.locator(".workon li").first
    expect(first).to_contain_text("Surprise")
    first.get_by_role("button").first.click()
    page.wait_for_function("() => document.querySelector('video').currentTime > 1")
    expect(page.get_by_text("picture follows")).to_have_count(0, timeout=20_000)
    keep_picture(page, "report-of-the-demo")


def test_downloads_are_made_when_they_are_asked_for(page: Page, tmp_path: Path) -> None:
    send(page, DEMO)
    with page.expect_download(timeout=60_000) as report:
        page.get_by_role("button", name="Report in one file").click()
    report.value.save_as(tmp_path / "report.html")
    assert "not what a person feels" in (tmp_path / "report.html").read_text()
    with page.expect_download(timeout=60_000) as everything:
        page.get_by_role("button", name="Everything").click()
    everything.value.save_as(tmp_path / "all.zip")
    assert "result.json" in {Path(name).name for name in zipfile.ZipFile(tmp_path / "all.zip").namelist()}


def test_what_no_browser_plays_is_made_playable_while_one_waits(page: Page, studio: Studio) -> None:
    send(page, studio.record(duration_s=12.0, fps=10, width=320, height=180, codec="mpeg4", container="avi"))
    page.wait_for_selector(".stage.ready", timeout=60_000)
    page.locator(".u-over").click()
    page.wait_for_function("() => Math.abs(document.querySelector('video').currentTime - 6) < 1")
