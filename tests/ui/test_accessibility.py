"""What axe-core finds on every page, light and dark, wide and as narrow as a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shared.domain.access import SCOPES
from shared.domain.errors import UnsupportedMedia
from tests.node import AXE, NEEDS_NODE, install_package
from tests.ui.conftest import OpenPage, Site
from tests.ui.recorded import failed, finished, half_done
from tests.ui.test_job_list import call

pytestmark = NEEDS_NODE

PHONE = {"width": 360, "height": 780}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": PHONE, "has_touch": True},
    "phone-dark-korean": {"viewport": PHONE, "has_touch": True, "color_scheme": "dark", "locale": "ko-KR"},
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = install_package(AXE, tmp_path_factory.mktemp("axe"))
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page: Page, axe: str) -> list[str]:
    """Each with the elements that it is about."""
    page.evaluate(axe)
    found = page.evaluate("(tags) => axe.run(document, { runOnly: tags })", RULES)["violations"]
    return [f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:4]]}" for one in found]


@pytest.mark.parametrize("look", LOOKS)
def test_the_home_page_has_no_violation(open_page: OpenPage, site: Site, axe: str, look: str) -> None:
    call(site, finished(site), "candidate-17")
    failed(site, UnsupportedMedia("This is a text file."))
    half_done(site)
    page = open_page("/", **LOOKS[look]).page
    expect(page.locator(".job")).to_have_count(3)
    assert violations(page, axe) == []


@pytest.mark.parametrize("look", LOOKS)
def test_the_report_has_no_violation(open_page: OpenPage, site: Site, axe: str, look: str) -> None:
    call(site, finished(site), "candidate-17")
    job_id = finished(site)
    call(site, job_id, "candidate-17")
    page = open_page(f"/jobs/{job_id}", **LOOKS[look]).page
    page.wait_for_selector(".chart-frame[aria-label]")
    page.wait_for_selector(".earlier")
    assert violations(page, axe) == []


@pytest.mark.parametrize("look", LOOKS)
def test_the_comparison_has_no_violation(open_page: OpenPage, site: Site, axe: str, look: str) -> None:
    jobs = [finished(site), finished(site)]
    for job_id in jobs:
        call(site, job_id, "candidate-17")
    page = open_page(f"/compare?job={jobs[0]}&job={jobs[1]}", **LOOKS[look]).page
    expect(page.locator(".chart-frame[aria-label]")).to_have_count(2)
    assert violations(page, axe) == []
    page.goto(f"{site.url}/compare?reference=candidate-17")
    page.wait_for_selector(".runs")
    assert violations(page, axe) == []


@pytest.mark.parametrize("look", LOOKS)
def test_the_settings_have_no_violation(open_page: OpenPage, site: Site, axe: str, look: str) -> None:
    page = open_page("/settings", scopes=SCOPES, **LOOKS[look]).page
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_load_state("networkidle")
        assert violations(page, axe) == []


def test_signing_in_waiting_and_failing_have_no_violation(open_page: OpenPage, site: Site, axe: str) -> None:
    page = open_page("/sign-in", signed_in=False).page
    page.wait_for_load_state("networkidle")
    assert violations(page, axe) == []
    page = open_page(f"/jobs/{half_done(site)}").page
    expect(page.get_by_text("30 of 60 samples")).to_be_visible()
    assert violations(page, axe) == []
    page.goto(f"{site.url}/jobs/{failed(site, UnsupportedMedia('This is a text file.'))}")
    page.get_by_role("alert").wait_for()
    assert violations(page, axe) == []


def test_asking_before_erasing_has_no_violation(open_page: OpenPage, site: Site, axe: str) -> None:
    finished(site)
    page = open_page("/").page
    page.get_by_role("button", name="Erase").click()
    page.get_by_role("dialog").wait_for()
    assert violations(page, axe) == []
