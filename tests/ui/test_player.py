"""The recording in the report: it plays, the chart goes along, and both lead to each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.recordings import Studio
from tests.ui.conftest import OpenPage, Site
from tests.ui.recorded import finished

KeepPicture = Callable[[Page, str], None]
TIME = "() => document.querySelector('video').currentTime"
DRAWN = """() => {
  const canvas = document.querySelector(".overlay");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value) => value > 0);
}"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="module")
def minute(studio: Studio) -> Path:
    """As long as the invented result says, and with key frames to seek to."""
    return studio.record(duration_s=60.0, fps=5, width=640, height=360, gop_frames=10, fast_start=True)


def opened(open_page: OpenPage, site: Site, recording: Path, **how: object) -> Page:
    page = open_page(f"/jobs/{finished(site, recording=recording)}", **how).page
    page.wait_for_selector(".stage.ready")
    page.wait_for_selector(".chart-frame[aria-label]")
    return page


def near(page: Page, seconds: float) -> None:
    page.wait_for_function(f"() => Math.abs(document.querySelector('video').currentTime - {seconds}) < 1")


def test_a_click_on_the_chart_goes_there_in_the_recording(
    open_page: OpenPage, site: Site, minute: Path, keep_picture: KeepPicture
) -> None:
    page = opened(open_page, site, minute)
    chart = page.locator(".u-over")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box
    chart.click(position={"x": box["width"] / 2, "y": 60})
    near(page, 30)
    expect(page.locator(".playhead")).to_be_visible()
    page.wait_for_function(DRAWN)
    keep_picture(page, "report-with-recording")


def test_a_moment_starts_the_recording_where_it_begins(open_page: OpenPage, site: Site, minute: Path) -> None:
    page = opened(open_page, site, minute)
    page.locator(".moment").nth(1).click()
    page.wait_for_function(f"() => ({TIME})() >= 45 && ({TIME})() < 50")
    page.wait_for_function("() => !document.querySelector('video').paused")


def test_what_to_work_on_leads_to_the_recording(open_page: OpenPage, site: Site, minute: Path) -> None:
    page = opened(open_page, site, minute)
    expect(page.locator(".workon li").first).to_contain_text("Fear")
    page.get_by_role("button", name="Watch Fear at 0:10").click()
    page.wait_for_function(f"() => ({TIME})() >= 10 && ({TIME})() < 15")


def test_the_cursor_follows_the_playback(open_page: OpenPage, site: Site, minute: Path) -> None:
    page = opened(open_page, site, minute)
    page.evaluate("() => { const video = document.querySelector('video'); video.muted = true; return video.play(); }")
    page.wait_for_function(f"() => ({TIME})() > 1")
    page.evaluate("() => document.querySelector('video').pause()")
    left = float(page.locator(".playhead").evaluate("(mark) => parseFloat(mark.style.left)"))
    assert left == pytest.approx(100 * page.evaluate(TIME) / 60, abs=0.5)


def test_faces_can_be_hidden(open_page: OpenPage, site: Site, minute: Path) -> None:
    page = opened(open_page, site, minute)
    page.wait_for_function(DRAWN)
    page.get_by_label("Show faces").uncheck()
    page.wait_for_function(f"() => !({DRAWN})()")


def test_the_keyboard_alone_leads_from_the_chart_into_the_recording(
    open_page: OpenPage, site: Site, minute: Path
) -> None:
    page = opened(open_page, site, minute)
    page.locator(".chart-frame").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => ({TIME})() > 0.5")


def test_what_no_browser_plays_is_asked_for_as_playable(
    open_page: OpenPage, site: Site, studio: Studio, keep_picture: KeepPicture
) -> None:
    recording = studio.record(duration_s=60.0, fps=5, codec="mpeg4", container="avi")
    page = open_page(f"/jobs/{finished(site, recording=recording)}").page
    expect(page.locator(".player-note")).to_contain_text("Mien is making a version that it can")
    expect(page.locator(".player-still")).to_be_visible()
    page.locator(".moment").nth(1).click()
    expect(page.locator(".player-still")).to_have_attribute("alt", "The recording at 0:45")
    keep_picture(page, "report-not-playable-yet")


def test_a_recording_that_was_deleted_leaves_the_rest_of_the_report(open_page: OpenPage, site: Site) -> None:
    seen = open_page(f"/jobs/{finished(site)}")
    expect(seen.page.locator(".player-note")).to_contain_text("not kept any more")
    expect(seen.page.get_by_role("link", name="Timeline CSV")).to_be_visible()
    expect(seen.page.get_by_role("button", name="Video with faces marked")).to_have_count(0)
    assert seen.complaints == []
