"""For everybody: by keyboard alone, on a phone, in the dark, in Korean, on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shared.domain.access import SCOPES
from shared.domain.errors import UnsupportedMedia
from tests.ui.conftest import OpenPage, Site
from tests.ui.recorded import failed, finished, half_done
from tests.ui.test_job_list import call

KeepPicture = Callable[[Page, str], None]
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 780}, "has_touch": True}
PAGES = {
    "home": "/",
    "report": "/jobs/{job}",
    "compare": "/compare?job={job}&job={other}",
    "progress": "/compare?reference=candidate-17",
    "settings": "/settings",
    "sign-in": "/sign-in",
}
ENGLISH = r"""() => [...document.querySelectorAll("h1, h2, h3, th, label, button, .button, .muted, p")]
  .filter((one) => one.checkVisibility() && !one.closest("select, code, pre") && !one.querySelector("h1, h2, p, label, button"))
  .map((one) => one.textContent.trim()).filter((words) => /[A-Za-z]{4,} [A-Za-z]{2,}/.test(words))"""


def address(site: Site, path: str) -> str:
    jobs = [finished(site), finished(site)]
    for job_id in jobs:
        call(site, job_id, "candidate-17")
    return path.format(job=jobs[0], other=jobs[1])


def settled(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('main').getAttribute('aria-busy') !== 'true'")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.chart-frame')].every((one) => one.hasAttribute('aria-label'))"
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_needs_no_sideways_scrolling(
    open_page: OpenPage, site: Site, keep_picture: KeepPicture, name: str
) -> None:
    how = {**PHONE, "color_scheme": "dark", "signed_in": name != "sign-in", "scopes": SCOPES}
    page = open_page(address(site, PAGES[name]), **how).page
    settled(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    keep_picture(page, f"{name}-phone-dark")


@pytest.mark.parametrize("name", PAGES)
def test_korean_readers_find_no_english_sentence(open_page: OpenPage, site: Site, name: str) -> None:
    page = open_page(address(site, PAGES[name]), locale="ko-KR", signed_in=name != "sign-in", scopes=SCOPES).page
    settled(page)
    assert page.evaluate("() => document.documentElement.lang") == "ko"
    assert page.evaluate(ENGLISH) == []


def test_a_reader_may_choose_the_language(open_page: OpenPage, site: Site) -> None:
    page = open_page("/").page
    page.get_by_label("Language").select_option(label="한국어")
    expect(page.get_by_role("heading", level=1)).to_have_text("녹화 목록")
    page.goto(f"{site.url}/jobs/{finished(site)}")
    expect(page.get_by_role("heading", name="이렇게 연습해 보세요")).to_be_visible()


def test_the_keyboard_alone_leads_through_the_list(open_page: OpenPage, site: Site) -> None:
    finished(site)
    failed(site, UnsupportedMedia("This is a text file."))
    page = open_page("/").page
    expect(page.locator(".job")).to_have_count(2)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    tab_to(page, 'button[aria-label="Erase interview.mp4"]')
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Erase for good")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".job")).to_have_count(1)
    tab_to(page, "a.job-name")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What to work on")).to_be_visible()


def test_the_keyboard_alone_leads_through_the_report(open_page: OpenPage, site: Site) -> None:
    page = open_page(f"/jobs/{finished(site)}").page
    settled(page)
    tab_to(page, ".workon button")
    page.keyboard.press("Enter")
    expect(page.locator(".moment[aria-current=true]")).to_contain_text("Fear")
    tab_to(page, "button.chip")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Angry", exact=True)).to_have_attribute("aria-pressed", "false")


def test_paper_shows_the_report_without_what_needs_a_screen(open_page: OpenPage, site: Site) -> None:
    page = open_page(f"/jobs/{finished(site)}").page
    settled(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("img", name="Score")).to_be_visible()
    expect(page.get_by_role("note")).to_be_visible()
    expect(page.locator("mien-player")).to_be_hidden()
    expect(page.locator("nav")).to_be_hidden()
    assert len(page.pdf()) > 10_000


def test_who_wants_less_motion_sees_none(open_page: OpenPage, site: Site) -> None:
    page = open_page(f"/jobs/{half_done(site)}", reduced_motion="reduce").page
    expect(page.get_by_text("30 of 60 samples")).to_be_visible()
    moving = "() => document.getAnimations().filter((one) => one.playState === 'running').length"
    assert page.evaluate(moving) == 0


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until what is sought has the focus."""
    for _ in range(most):
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with the keyboard")
