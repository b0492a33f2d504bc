"""The home page: send a recording, find the reports."""

from __future__ import annotations

from playwright.sync_api import FilePayload, expect

from tests.ui.conftest import OpenPage, Site
from tests.ui.recorded import finished


def recording(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "video/mp4", "buffer": content}


def test_a_chosen_file_becomes_a_job_in_the_list(open_page: OpenPage, site: Site) -> None:
    seen = open_page("/")
    expect(seen.page.get_by_text("Nothing here yet")).to_be_visible()
    seen.page.locator("#file").set_input_files([recording("answer.mp4", b"not really a recording")])
    expect(seen.page.locator(".job")).to_contain_text("answer.mp4")
    expect(seen.page.locator(".job .badge")).to_have_text("Waiting")
    assert seen.complaints == []
    assert seen.hosts == {site.url.removeprefix("http://")}


def test_a_refused_file_says_why(open_page: OpenPage) -> None:
    page = open_page("/").page
    page.locator("#file").set_input_files([recording("empty.mp4", b"")])
    expect(page.get_by_role("alert")).to_contain_text("empty.mp4 was not accepted")
    expect(page.get_by_role("alert")).to_contain_text("empty_file")


def test_the_list_leads_to_reports(open_page: OpenPage, site: Site) -> None:
    finished(site)
    page = open_page("/").page
    expect(page.locator(".job .badge")).to_have_text("Done")
    page.locator(".job").click()
    expect(page.get_by_role("img", name="Score")).to_be_visible()


def test_a_stranger_is_asked_to_sign_in(open_page: OpenPage) -> None:
    page = open_page("/", signed_in=False).page
    expect(page.get_by_role("heading", name="Please sign in")).to_be_visible()
