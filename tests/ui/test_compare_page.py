"""Comparing: two recordings on one time axis, and all of one reference over time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.recordings import Studio
from tests.ui.conftest import OpenPage, Site
from tests.ui.recorded import MINUTE, finished
from tests.ui.test_job_list import call

KeepPicture = Callable[[Page, str], None]
CALM = ["neutral"] * 60 + ["happy"] * 60
VIEWS = "() => [...document.querySelectorAll('mien-chart')].map((chart) => chart.view.map(Math.round))"
TIMES = "() => [...document.querySelectorAll('video')].map((video) => Math.round(video.currentTime))"


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    studio = Studio(tmp_path_factory.mktemp("recordings"))
    return studio.record(duration_s=60.0, fps=5, width=640, height=360, gop_frames=10, fast_start=True)


def beside(open_page: OpenPage, site: Site, recording: Path | None) -> Page:
    jobs = [finished(site, seen, recording=recording) for seen in (MINUTE, CALM)]
    page = open_page(f"/compare?job={jobs[0]}&job={jobs[1]}").page
    expect(page.locator(".chart-frame[aria-label]")).to_have_count(2)
    return page


def test_two_recordings_share_the_time_axis(
    open_page: OpenPage, site: Site, minute: Path, keep_picture: KeepPicture
) -> None:
    page = beside(open_page, site, minute)
    expect(page.locator(".stage.ready")).to_have_count(2)
    page.locator(".chart-frame").first.focus()
    page.keyboard.press("+")
    first, second = page.evaluate(VIEWS)
    assert first == second == [15, 45]
    chart = page.locator(".u-over").last
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box
    chart.click(position={"x": box["width"] / 2, "y": 50})
    page.wait_for_function(f"() => ({TIMES})().every((time) => time === 30)")
    keep_picture(page, "compare-two")


def test_the_numbers_stand_beside_each_other(open_page: OpenPage, site: Site) -> None:
    page = beside(open_page, site, None)
    row = page.get_by_role("row", name="Score")
    expect(row.get_by_role("cell")).to_have_text(["87.7", "100.0", "+12.3"])
    expect(page.get_by_role("row", name="Happy").get_by_role("cell").last).to_contain_text("points")


def test_both_play_together(open_page: OpenPage, site: Site, minute: Path) -> None:
    page = beside(open_page, site, minute)
    expect(page.locator(".stage.ready")).to_have_count(2)
    page.evaluate("() => document.querySelectorAll('video').forEach((video) => (video.muted = true))")
    page.get_by_role("button", name="Play both").click()
    page.wait_for_function("() => [...document.querySelectorAll('video')].every((v) => v.currentTime > 1)")
    page.get_by_role("button", name="Pause both").click()
    page.wait_for_function("() => [...document.querySelectorAll('video')].every((v) => v.paused)")
    first, second = page.evaluate(TIMES)
    assert abs(first - second) <= 1


def test_progress_is_a_line_and_a_table(open_page: OpenPage, site: Site, keep_picture: KeepPicture) -> None:
    for faces in (MINUTE, tuple(CALM), MINUTE[:60] + tuple(CALM[60:])):
        call(site, finished(site, faces), "candidate-17")
    seen = open_page("/compare?reference=candidate-17")
    page = seen.page
    expect(page.get_by_role("heading", name="Progress of candidate-17")).to_be_visible()
    expect(page.get_by_role("img", name="Score over 3 recordings")).to_be_visible()
    expect(page.locator(".runs-dot")).to_have_count(3)
    expect(page.locator("tbody tr")).to_have_count(3)
    keep_picture(page, "progress")
    page.get_by_label("What the line shows").select_option(label="Happy")
    expect(page.get_by_role("img", name="Happy over 3 recordings")).to_be_visible()
    page.get_by_role("checkbox").nth(0).check()
    page.get_by_role("checkbox").nth(2).check()
    page.get_by_role("link", name="Compare these two").click()
    expect(page.get_by_role("heading", name="Two recordings, side by side")).to_be_visible()
    assert seen.complaints == []


def test_references_are_offered_where_none_is_named(open_page: OpenPage, site: Site) -> None:
    page = open_page("/compare").page
    expect(page.get_by_text("No recording has a reference yet")).to_be_visible()
    call(site, finished(site), "candidate-17")
    page.reload()
    page.get_by_role("link", name="candidate-17").click()
    expect(page.get_by_role("heading", name="Progress of candidate-17")).to_be_visible()


def test_the_report_names_earlier_recordings_of_the_same_reference(open_page: OpenPage, site: Site) -> None:
    call(site, finished(site), "candidate-17")
    last = finished(site, CALM)
    call(site, last, "candidate-17")
    page = open_page(f"/jobs/{last}").page
    expect(page.locator(".earlier li")).to_contain_text("+12.3")
    page.locator(".earlier").get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="Two recordings, side by side")).to_be_visible()


def test_a_recording_without_a_result_is_explained(open_page: OpenPage, site: Site) -> None:
    gone = "job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f"
    page = open_page(f"/compare?job={finished(site)}&job={gone}").page
    expect(page.get_by_role("heading", name="There is no such recording")).to_be_visible()
