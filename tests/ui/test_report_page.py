"""The report, as a person sees it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from shared.domain.errors import UnsupportedMedia
from shared.domain.ids import to_wire
from tests.ui.conftest import OpenPage, Site, login_token
from tests.ui.recorded import MINUTE, failed, finished, half_done, queued

PHONE = {"width": 360, "height": 780}
KeepPicture = Callable[[Page, str], None]

COLOURS_OF_CHART = """() => {
  const canvas = document.querySelector("mien-chart canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
  return [...seen];
}"""
VIEW = "() => document.querySelector('mien-chart').view"
FEAR, HAPPY = "0,114,178", "0,158,115"


def when_drawn(page: Page) -> None:
    page.wait_for_selector(".chart-frame[aria-label]")


def test_a_report_shows_score_moments_and_notice(open_page: OpenPage, site: Site, keep_picture: KeepPicture) -> None:
    seen = open_page(f"/jobs/{finished(site)}")
    page = seen.page
    when_drawn(page)
    expect(page.get_by_role("heading", name="interview.mp4")).to_be_visible()
    expect(page.get_by_role("img", name="Score 87.7 out of 100")).to_be_visible()
    expect(page.get_by_role("note")).to_contain_text("not what a person feels")
    expect(page.locator(".moment-emotion")).to_have_text(["Fear", "Angry"], use_inner_text=True)
    expect(page.locator(".moment-time")).to_have_text([re.compile("0:10 . 0:14"), re.compile("0:45 . 0:48")])
    page.locator(".moment").last.scroll_into_view_if_needed()
    expect(page.get_by_text("picture follows")).to_have_count(0)
    assert page.evaluate(
        "() => [...document.querySelectorAll('.moment img')].map((image) => image.naturalWidth > 0)"
    ) == [True, True]
    expect(page.get_by_text("114 of 120 samples")).to_be_visible()
    keep_picture(page, "report")
    assert seen.complaints == []
    assert seen.hosts == {site.url.removeprefix("http://")}


def test_the_chart_is_drawn_and_a_series_can_be_hidden(open_page: OpenPage, site: Site) -> None:
    page = open_page(f"/jobs/{finished(site)}").page
    when_drawn(page)
    assert {FEAR, HAPPY} <= set(page.evaluate(COLOURS_OF_CHART))
    page.get_by_role("button", name="Happy").click()
    expect(page.get_by_role("button", name="Happy")).to_have_attribute("aria-pressed", "false")
    page.wait_for_function(f"() => !({COLOURS_OF_CHART})().includes('{HAPPY}')")


def test_choosing_a_moment_zooms_the_chart_there(open_page: OpenPage, site: Site) -> None:
    page = open_page(f"/jobs/{finished(site)}").page
    when_drawn(page)
    page.locator(".moment").nth(1).click()
    start, end = page.evaluate(VIEW)
    assert 30 < start < 45
    assert 48 < end < 60
    page.get_by_role("button", name="Whole recording").click()
    assert page.evaluate(VIEW) == [0, 60]


def test_the_chart_is_moved_by_drag_and_by_keys(open_page: OpenPage, site: Site) -> None:
    page = open_page(f"/jobs/{finished(site)}").page
    when_drawn(page)
    page.locator(".chart-frame").scroll_into_view_if_needed()
    box = page.locator(".u-over").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50, steps=4)
    page.mouse.up()
    assert [round(edge) for edge in page.evaluate(VIEW)] == [15, 30]
    page.locator(".chart-frame").focus()
    page.keyboard.press("0")
    assert page.evaluate(VIEW) == [0, 60]
    page.keyboard.press("ArrowRight")
    expect(page.locator("mien-chart [aria-live]")).to_contain_text("%")


def test_without_a_face_the_reason_stands_where_the_score_would(open_page: OpenPage, site: Site) -> None:
    seen = open_page(f"/jobs/{finished(site, [None] * 20)}")
    expect(seen.page.get_by_role("heading", name="No score")).to_be_visible()
    expect(seen.page.get_by_text("No face was found in this recording")).to_be_visible()
    when_drawn(seen.page)
    assert seen.complaints == []


def test_a_failed_job_shows_its_code_and_what_to_do(open_page: OpenPage, site: Site) -> None:
    seen = open_page(f"/jobs/{failed(site, UnsupportedMedia('This is a text file.'))}")
    alert = seen.page.get_by_role("alert")
    expect(alert).to_contain_text("unsupported_media")
    expect(alert).to_contain_text("This is a text file.")
    expect(alert).to_contain_text("Send the recording itself")
    assert seen.complaints == []


def test_a_running_job_shows_its_progress_and_can_be_canceled(open_page: OpenPage, site: Site) -> None:
    page = open_page(f"/jobs/{half_done(site)}").page
    expect(page.get_by_text("30 of 60 samples")).to_be_visible()
    assert page.locator("progress").evaluate("bar => bar.value") == 50
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Stopping")).to_be_visible()


def test_a_page_that_waits_shows_the_end_by_itself(open_page: OpenPage, site: Site) -> None:
    job_id = to_wire("job", queued(site))
    page = open_page(f"/jobs/{job_id}").page
    expect(page.get_by_text("It waits for a free worker")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="The analysis was canceled")).to_be_visible()


def test_who_is_not_signed_in_is_told_how(open_page: OpenPage, site: Site) -> None:
    page = open_page(f"/jobs/{finished(site)}", signed_in=False).page
    expect(page.get_by_role("alert")).to_contain_text("./mien login")


def test_a_used_sign_in_link_says_so(open_page: OpenPage, site: Site) -> None:
    link = f"/login?token={login_token(site)}"
    open_page(link, signed_in=False)
    page = open_page(link, signed_in=False).page
    expect(page.get_by_role("heading", name="This sign-in link no longer works")).to_be_visible()


def test_an_unknown_job_is_not_there(open_page: OpenPage) -> None:
    page = open_page("/jobs/job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f").page
    expect(page.get_by_role("heading", name="There is no such recording")).to_be_visible()


def test_a_phone_needs_no_sideways_scrolling(open_page: OpenPage, site: Site, keep_picture: KeepPicture) -> None:
    page = open_page(f"/jobs/{finished(site)}", viewport=PHONE, has_touch=True, color_scheme="dark").page
    when_drawn(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") == PHONE["width"]
    keep_picture(page, "report-phone-dark")


def test_korean_readers_get_korean(open_page: OpenPage, site: Site) -> None:
    page = open_page(f"/jobs/{finished(site)}", locale="ko-KR").page
    expect(page.get_by_role("heading", name="감점된 순간", exact=True).first).to_be_visible()
    assert page.evaluate("() => document.documentElement.lang") == "ko"


def test_three_hours_are_shown_whole(open_page: OpenPage, site: Site, keep_picture: KeepPicture) -> None:
    job_id = finished(site, MINUTE * 180, segments=36, pictures=False)
    page = open_page(f"/jobs/{job_id}").page
    expect(page.get_by_text("20,520 of 21,600 samples")).to_be_visible()
    when_drawn(page)
    expect(page.get_by_role("button", name="Show all 360")).to_be_visible()
    keep_picture(page, "report-three-hours")


def test_the_interface_is_described_without_asking_another_host(open_page: OpenPage) -> None:
    seen = open_page("/docs")
    expect(seen.page.get_by_text("/v1/jobs/{job_id}/timeline")).to_be_visible(timeout=20_000)

    assert seen.complaints == []
    assert len(seen.hosts) == 1
