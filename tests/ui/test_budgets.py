"""What the pages cost to open, and that three hours of recording do not make them heavy."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shared.domain.access import SCOPES
from tests.ui.conftest import OpenPage, Site
from tests.ui.recorded import MINUTE, finished

FIRST_VIEW_BYTES = 150_000
FIRST_VIEW_REQUESTS = 50
SHIFT = 0.02  # of the page's layout, as Core Web Vitals count it; above 0.1 people notice
WATCH_SHIFTS = """() => {
  window.shifts = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => { if (!entry.hadRecentInput) window.shifts += entry.value; }))
    .observe({ type: "layout-shift", buffered: true });
}"""
COST = """() => {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return { requests: all.length, bytes: all.reduce((sum, one) => sum + one.transferSize, 0) };
}"""
PAGES = ["/", "/jobs/{job}", "/compare", "/settings", "/sign-in"]


def settled(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('main').getAttribute('aria-busy') !== 'true'")
    page.wait_for_function(
        "() => !document.querySelector('mien-chart') || document.querySelector('[aria-label].chart-frame')"
    )


@pytest.mark.parametrize("path", PAGES)
def test_the_first_view_is_light(open_page: OpenPage, site: Site, path: str) -> None:
    seen = open_page(path.format(job=finished(site)), signed_in=path != "/sign-in", scopes=SCOPES)
    settled(seen.page)
    cost: dict[str, Any] = seen.page.evaluate(COST)
    assert cost["bytes"] < FIRST_VIEW_BYTES, cost
    assert cost["requests"] < FIRST_VIEW_REQUESTS, cost
    assert seen.complaints == []
    assert seen.hosts == {site.url.removeprefix("http://")}


@pytest.mark.parametrize("path", PAGES)
def test_nothing_jumps_while_a_page_opens(open_page: OpenPage, site: Site, path: str) -> None:
    page = open_page(path.format(job=finished(site)), signed_in=path != "/sign-in", scopes=SCOPES).page
    page.evaluate(WATCH_SHIFTS)
    settled(page)
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.shifts") < SHIFT


def test_three_hours_take_one_request_and_are_drawn_as_means(open_page: OpenPage, site: Site) -> None:
    page = open_page(f"/jobs/{finished(site, MINUTE * 180, segments=36, pictures=False)}").page
    page.wait_for_selector(".chart-frame[aria-label]")
    timeline = page.evaluate(
        "() => performance.getEntriesByType('resource').filter((one) => one.name.includes('/timeline?'))"
    )
    assert len(timeline) == 1
    expect(page.locator(".chart-grain")).to_contain_text("Each point is the mean over")
    points = page.evaluate("() => document.querySelector('mien-chart').timeline.times.length")
    assert points == 21_600
